/** The numbers that a text tells, as digits: `1,000` is 1000, `twenty-one` is 21, and `4,95` is no 495. */

const UNITS = 'one two three four five six seven eight nine'.split(' ')
const TEENS = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ')
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
/** `one` alone is a pronoun as often as a number. */
const ALONE = [...UNITS.slice(1), ...TEENS]
const VALUES = new Map([
  ...[...UNITS, ...TEENS].map((word, index): [string, number] => [word, index + 1]),
  ...TENS.map((word, index): [string, number] => [word, 20 + 10 * index]),
])
const DIGITS = /\d+(?:[.,:]\d+)*/g
const WORDS = new RegExp(
  `\\b(?:(${TENS.join('|')})(?:[- ](${UNITS.join('|')}))?|(${ALONE.join('|')}))\\b`,
  'gi',
)
/** A comma between three digits each; any other belongs to the number, or parts two. */
const GROUPED = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/

export function toldNumbers(text: string): string[] {
  const digits = (text.match(DIGITS) ?? []).map((number) =>
    GROUPED.test(number) ? number.replaceAll(',', '') : number,
  )
  const words = [...text.matchAll(WORDS)].map(([, tens, unit, alone]) =>
    String(amountOf(tens) + amountOf(unit) + amountOf(alone)),
  )
  return [...digits, ...words]
}

function amountOf(word: string | undefined): number {
  return word === undefined ? 0 : (VALUES.get(word.toLowerCase()) ?? 0)
}
