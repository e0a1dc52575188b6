"""
Writes test/fixtures/embedding/word-piece.json: texts, written here, and the ids that the reference tokenizer gives them.
    python training/static/word_piece_fixture.py
"""

import json
from pathlib import Path

from vocabulary import rows_of

FILE = Path(__file__).parents[2] / "test/fixtures/embedding/word-piece.json"

WRITTEN = [
    "",
    " ",
    "a",
    "How do I reset my password?",
    "HOW DO I RESET MY PASSWORD?!",
    "what's the weather like in São Paulo, and in Zürich?",
    "I can't, won't and shouldn't've said so...",
    "unaffable antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "é" * 100,
    "e\u0301" * 100,
    "😀" * 100,
    "😀" * 101,
    "tabs\tand\nnew\r\nlines\x0band\x0cfeeds",
    "nul\x00 bell\x07 escape\x1b delete\x7f next\x85line soft\xadhyphen zero\u200bwidth bom\ufeff replaced\ufffd",
    "no\xa0break em\u2003space ideographic\u3000space line\u2028separator paragraph\u2029separator",
    "left\u200eto\u200fright \u202eoverride\u202c isolates \u2066x\u2069",
    "Ångström, naïve café, façade, jalapeño, Dvořák, Łódź, Øresund, Ægir, straße, ﬁne ﬂow",
    "İstanbul'da ılık bir gün; DİYARBAKIR",
    "ΟΔΥΣΣΕΥΣ και ο Όμηρος; ΣΑΣ",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. Йод",
    "שלום עולם, מה שלומך? בְּרֵאשִׁית",
    "السلام عليكم، كيف حالك؟ مُحَمَّد",
    "नमस्ते दुनिया। क्या हाल है?",
    "ขอบคุณมาก สวัสดีชาวโลก",
    "今天天气怎么样？我想去北京。",
    "東京は日本の首都です。カタカナ、ｶﾀｶﾅ、ＡＢＣ１２３",
    "안녕하세요 세계, 오늘 날씨 어때요?",
    "混ぜたmixed文字scripts和words",
    "𠀀𠀁 𪜀 豈 更 丽 㐀",
    "Tiếng Việt: Người dùng quên mật khẩu",
    "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 ❤️ ☕ ✅ 🇩🇪 1️⃣",
    "price: $1,299.99 (≈ €1.200,50; £999; ¥150000; ₹82,000; 50%)",
    "2 + 2 = 4; a*b <= c^d | e & f ~ g `code` @user #tag _under_score_ \\back/slash",
    "https://example.org/a/b?c=d&e=f#g mail@example.org +49 (0)30 123-456",
    "“curly” ‘quotes’ «guillemets» „low“ – en — em … ellipsis • bullet · dot ¿qué? ¡hola!",
    "a´b c¨d e¯f g¸h i˜j k`l m^n",
    "x² + y³ = z⁴, H₂O, ½ cup, 5 µm, 20 °C, 3 × 4 ÷ 2 ± 1, π ≠ √2 ∑ ∞ ≤ ≥ ∂ → ⇒",
    "Ⅷ ⅳ ① ⓐ № ™ © ® § ¶ † ‡ ‰ ′ ″",
    "def f(x): return {'a': [1, 2.5e-3], \"b\": None}  # comment",
    "SELECT * FROM users WHERE id <> 42 AND name LIKE '%O''Brien%';",
    "<p class=\"x\">Hello&nbsp;&amp; bye</p>",
    "aaaa bbbb cccc zzzzzz qqqq xyzzy plugh 123456789 0x1F 3rd 1990s",
    "combining: a\u0300 o\u0302\u0323 \u0301alone \u20dd",
    "private \ue000use\uf8ff and \U000f0000plane",
    "ﷺ ﷽ ﬀ ǆ ǅ Ǆ ŉ ẞ ß ſ K Å Ω",
    "ᄒ lone jamo",
]

# First and last code points of scripts and signs, sixteen a text, apart and together.
BLOCKS = [
    (0x20, 0x17F), (0x180, 0x24F), (0x250, 0x2FF), (0x370, 0x3FF), (0x400, 0x4FF), (0x531, 0x587), (0x5D0, 0x5EA),
    (0x621, 0x64A), (0x904, 0x939), (0xE01, 0xE3A), (0x10D0, 0x10F0), (0x1E00, 0x1EFF), (0x1F00, 0x1F15),
    (0x2010, 0x2027), (0x2030, 0x205E), (0x20A0, 0x20B5), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2500, 0x257F),
    (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x4E80), (0xAC00, 0xAC60), (0xFF01, 0xFF5E), (0x1F300, 0x1F3FF),
    (0x1F600, 0x1F64F),
]  # fmt: skip


def block_texts() -> list[str]:
    texts = []
    for first, last in BLOCKS:
        for begin in range(first, last + 1, 16):
            signs = [chr(point) for point in range(begin, min(begin + 16, last + 1))]
            texts += [" ".join(signs), "a" + "a".join(signs), "".join(signs)]
    return texts


def main() -> None:
    texts = [*WRITTEN, *block_texts()]
    pairs = [[text, rows] for text, rows in zip(texts, rows_of(texts, most=4096))]
    lines = ",\n".join(json.dumps(pair, ensure_ascii=True, separators=(",", ":")) for pair in pairs)
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(pairs)} texts in {FILE}")


if __name__ == "__main__":
    main()
