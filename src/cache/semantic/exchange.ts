/**
 * One word in the place of another: "when was it built" beside "when was it destroyed". Lists of opposites know few of these
 * pairs, and an embedder sets synonyms, opposites and neighbours ("piano" and "violin") about equally near.
 */
import type { QuestionReading } from './question-reading.ts'
import { unrepeated } from './term-frequencies.ts'

interface Side {
  reading: QuestionReading
  /** Terms that the other side says in no form. */
  only: readonly string[]
}

/** Letters that two words of one stem share at least: `cancel` and `cancellation`. */
const SHARED = 4
/** What may follow them in the shorter word, as in `decide` and `decision`, and in the longer. */
const ENDING = { short: 1, long: 5 }

/** Whether each side has one word of its own, both between the same neighbours, and not two forms of one word. */
export function areExchanged(asked: Side, remembered: Side): boolean {
  if (asked.only.length === 0 || remembered.only.length === 0) return false
  const one = loneWord(asked.only, remembered.only)
  const other = loneWord(remembered.only, asked.only)
  return (
    one !== undefined && other !== undefined && isSamePlace(asked.reading, one, remembered.reading, other)
  )
}

/** The only one without a relative among the other's; undefined where there are more, or none. */
function loneWord(terms: readonly string[], others: readonly string[]): string | undefined {
  let found: string | undefined
  for (const term of terms) {
    if (others.some((other) => areRelated(unrepeated(term), unrepeated(other)))) continue
    if (found !== undefined) return undefined
    found = term
  }
  return found
}

function isSamePlace(
  { words: left }: QuestionReading,
  one: string,
  { words: right }: QuestionReading,
  other: string,
): boolean {
  const at = placeOf(one, left)
  const place = placeOf(other, right)
  if (at < 0 || place < 0) return false
  return left[at - 1]?.term === right[place - 1]?.term && left[at + 1]?.term === right[place + 1]?.term
}

/** Of one that is said again, the last. */
function placeOf(said: string, words: QuestionReading['words']): number {
  const word = unrepeated(said)
  const isIt = ({ term }: { term: string }): boolean => term === word
  return word === said ? words.findIndex(isIt) : words.findLastIndex(isIt)
}

function areRelated(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  let shared = 0
  while (shared < short.length && short[shared] === long[shared]) shared++
  return shared >= SHARED && short.length - shared <= ENDING.short && long.length - shared <= ENDING.long
}
