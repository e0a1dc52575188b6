/** Months, days of the week and dates in figures; the numbers beside them are quantities as any other. */
import type { Token } from './tokens.ts'

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
)
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const SEASONS = 'spring summer autumn winter'.split(' ')

const NAMED = new Map<string, string>()
for (const [index, month] of MONTHS.entries()) {
  NAMED.set(month, `m${index + 1}`)
  NAMED.set(month.slice(0, 3), `m${index + 1}`)
}
NAMED.set('sept', 'm9')
for (const [index, day] of DAYS.entries()) {
  NAMED.set(day, `w${index}`)
  NAMED.set(`${day}s`, `w${index}`)
  NAMED.set(day.slice(0, 3), `w${index}`)
}
NAMED.set('tues', 'w2')
NAMED.set('thurs', 'w4')
for (const season of SEASONS) NAMED.set(season, season)
for (const [name, date] of [
  ['christmas', 'd12-25'],
  ['halloween', 'd10-31'],
  ['easter', 'easter'],
  ['thanksgiving', 'thanksgiving'],
] as const) {
  NAMED.set(name, date)
}

/** Words of other meaning as well: dates where a number stands beside them, or a capital within a sentence. */
const AMBIGUOUS = new Set([
  'may',
  'march',
  'mar',
  'sun',
  'sat',
  'wed',
  'mon',
  'dec',
  'jan',
  'jun',
  'aug',
  'spring',
])
const IN_FIGURES = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:t[\d:.z+-]+)?$/
const SLASHED = /^\d{1,4}([/.-])\d{1,2}\1\d{2,4}$/

export interface FoundDate {
  /** `m5`, `w0`, or a date in figures as it stands. */
  dates: readonly string[]
  /** Days and years, to be compared with those of dates in words. */
  numbers: readonly string[]
}

export function dateAt(tokens: readonly Token[], at: number): FoundDate | undefined {
  const token = tokens[at] as Token
  const [, year, month, day] = IN_FIGURES.exec(token.word) ?? []
  if (year !== undefined) return { dates: [`m${Number(month)}`], numbers: [String(Number(day)), year] }
  if (SLASHED.test(token.word)) return { dates: [token.word.replaceAll('-', '/')], numbers: [] }
  const named = NAMED.get(token.word)
  if (named === undefined || (AMBIGUOUS.has(token.word) && !isDate(tokens, at))) return undefined
  return { dates: [named], numbers: [] }
}

function isDate(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at] as Token
  if (/\d/.test(tokens[at - 1]?.word ?? '') || /\d/.test(tokens[at + 1]?.word ?? '')) return true
  return !token.opensSentence && /^[A-Z][a-z]+$/.test(token.written)
}
