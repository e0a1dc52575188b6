/** How much of a text says again what it said before: a model that is caught in a loop repeats itself word for word. */

const WORDS_TOGETHER = 4
/** Below it a text has had no room to repeat itself. */
const FEWEST_WORDS = 24
/** Of a long text the end is looked at: that is where a loop shows. */
const MOST_CHARACTERS = 4096
/** Words; pieces of what is written without spaces, or is one endless word; long runs of blanks. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\s\p{P}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{1,12}|\s{8}|(\p{P})\1{7}/gu

/** Share of the runs of four words that stood in the text before, from 0 to 1; undefined where it is too short to tell. */
export function repetition(text: string): number | undefined {
  const words = text.slice(-MOST_CHARACTERS).match(WORD) ?? []
  if (words.length < FEWEST_WORDS) return undefined
  const seen = new Set<string>()
  const runs = words.length - WORDS_TOGETHER + 1
  for (let at = 0; at < runs; at++) seen.add(words.slice(at, at + WORDS_TOGETHER).join('\n'))
  return 1 - seen.size / runs
}
