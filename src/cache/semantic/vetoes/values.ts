/** Vetoes on what is exact: numbers, dates, identifiers, quotes. */
import type { Quantity } from '../quantities.ts'
import type { QuestionReading } from '../question-reading.ts'

export function haveUnequalNumbers(
  { quantities: left }: QuestionReading,
  { quantities: right }: QuestionReading,
): boolean {
  if (left.length === 0 && right.length === 0) return false
  return !isWithin(left, right) || !isWithin(right, left)
}

export function haveUnequalDates(asked: QuestionReading, remembered: QuestionReading): boolean {
  return !areEqualSets(asked.dates, remembered.dates)
}

export function haveUnequalIdentifiers(asked: QuestionReading, remembered: QuestionReading): boolean {
  return (
    !areEqualSets(asked.identifiers, remembered.identifiers) ||
    areWrittenOtherwise(asked.capitals, remembered.capitals)
  )
}

function areWrittenOtherwise(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  for (const [word, written] of left) if ((right.get(word) ?? written) !== written) return true
  return false
}

/** A quoted text may stand without its quotes on the other side. */
export function haveUnequalQuotes(asked: QuestionReading, remembered: QuestionReading): boolean {
  return !areSaid(asked.quotes, remembered) || !areSaid(remembered.quotes, asked)
}

function isWithin(some: readonly Quantity[], all: readonly Quantity[]): boolean {
  return some.every((one) => all.some((other) => isEqual(one, other)))
}

/** A unit may be left unsaid on one side, a bound may not. */
function isEqual(left: Quantity, right: Quantity): boolean {
  if (left.value !== right.value || left.bound !== right.bound) return false
  return left.unit === right.unit || left.unit === '' || right.unit === ''
}

export function areEqualSets(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  if (left === right) return true
  if (left.size !== right.size) return false
  for (const one of left) if (!right.has(one)) return false
  return true
}

function areSaid(quotes: readonly string[], by: QuestionReading): boolean {
  return quotes.every((quote) => by.quotes.includes(quote) || plainly(by.spoken).includes(` ${quote} `))
}

/** As `quotesOf` leaves words: without the dashes and capitals of options. */
function plainly(spoken: readonly string[]): string {
  return ` ${spoken.join(' ').toLowerCase()} `.replace(/ -+(?=\p{L})/gu, ' ')
}
