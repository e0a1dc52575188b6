/** The part of a text that says what is wanted, word by word: its beginning and its end, where instructions stand. */

/** Characters of either end that are read of a longer text. */
const AN_END = 400
const MOST_CHARACTERS = 2 * AN_END

export interface Ask {
  /** As written; of a longer text both ends, a line apart. */
  text: string
  /** In lower case, with the keyboard's apostrophes. */
  words: readonly string[]
  /** By word: 1 where it begins a sentence, or follows nothing in it but courtesies. */
  opens: Uint8Array
  /** Something is left out. */
  isCut: boolean
}

/** What people say before they say what they want. */
const COURTESY: ReadonlySet<string> = new Set(
  `please pls kindly hey hi hello ok okay now then just also and so first can could would will may might you u me we i i'd i'm id want
  wanna need like help to let let's lets your task job is try now's next again dear friend there thanks the following`.split(
    /\s+/,
  ),
)

export function askOf(written: string): Ask {
  const isCut = written.length > MOST_CHARACTERS
  const text = isCut ? `${written.slice(0, AN_END)}\n${written.slice(-AN_END)}` : written
  const words: string[] = []
  const opens = new Uint8Array(text.length + 1)
  let isOpen = true
  let start = -1
  for (let at = 0; at <= text.length; at++) {
    const unit = at < text.length ? text.charCodeAt(at) : 0x0a
    if (isWordUnit(unit)) {
      if (start < 0) start = at
      continue
    }
    if (start >= 0) {
      const word = wordOf(text, start, at)
      opens[words.length] = isOpen ? 1 : 0
      words.push(word)
      if (isOpen && !COURTESY.has(word)) isOpen = false
      start = -1
    }
    if (endsSentence(unit)) isOpen = true
  }
  return { text, words, opens, isCut }
}

/** Letters, digits, what C++ and C# need, and whatever is beyond ASCII but for its spaces and quotes. */
function isWordUnit(unit: number): boolean {
  if (unit > 127)
    return unit !== 0xa0 && !(unit >= 0x2000 && unit <= 0x206f && unit !== 0x2019) && unit < 0xff00
  const isLetter = (unit | 32) >= 0x61 && (unit | 32) <= 0x7a
  return isLetter || (unit >= 0x30 && unit <= 0x39) || unit === 0x27 || unit === 0x2b || unit === 0x23
}

/** A stop, a question, a colon, a line's end. */
function endsSentence(unit: number): boolean {
  return (
    unit === 0x2e ||
    unit === 0x21 ||
    unit === 0x3f ||
    unit === 0x3a ||
    unit === 0x3b ||
    unit === 0x0a ||
    unit === 0x3002
  )
}

function wordOf(text: string, start: number, end: number): string {
  const word = text.slice(start, end).toLowerCase().replace('’', "'")
  return word.endsWith("'s") && word.length > 5 ? word.slice(0, -2) : word
}
