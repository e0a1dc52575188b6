/**
 * BERT's uncased preparation of one character, as the reference (Hugging Face tokenizers' BertNormalizer and
 * BertPreTokenizer) does it: control characters dropped, accents taken off, lower case, punctuation and Chinese apart.
 */

const DROPPED = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u
const ACCENT = /\p{Mn}/u
const SPACE = /\s/u
const PUNCTUATION = /\p{P}/u
/** ASCII that the reference splits at, though Unicode calls it symbols. */
const ASCII_SYMBOL = /[$+<=>^`|~]/

/** First and last code points of what the reference takes for Chinese: each character is a word. */
const CHINESE: readonly (readonly [number, number])[] = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
]

/** What the character becomes: nothing, letters, or letters and signs with spaces about what is a word of its own. */
export function normalForm(codePoint: number): string {
  const character = String.fromCodePoint(codePoint)
  if (character === '\t' || character === '\n' || character === '\r') return ' '
  if (codePoint === 0xfffd || DROPPED.test(character)) return ''
  if (SPACE.test(character)) return ' '
  const apart = isChinese(codePoint)
  let form = apart ? ' ' : ''
  for (const part of character.normalize('NFD')) {
    if (!ACCENT.test(part)) form += spaced(part.toLowerCase())
  }
  return apart ? `${form} ` : form
}

function spaced(letter: string): string {
  return PUNCTUATION.test(letter) || ASCII_SYMBOL.test(letter) ? ` ${letter} ` : letter
}

function isChinese(codePoint: number): boolean {
  return CHINESE.some(([first, last]) => codePoint >= first && codePoint <= last)
}
