/** Evidence that a remembered answer is not the answer to what is asked, however near the two questions are. */
import type { QuestionReading } from './question-reading.ts'
import { areAttachedOtherwise } from './vetoes/attachment.ts'
import {
  areDeniedDifferently,
  areLimitedDifferently,
  areOfOtherLanguages,
  areOfOtherTimes,
  askOtherKinds,
  sayOpposites,
} from './vetoes/meaning.ts'
import { haveUnequalNames } from './vetoes/names.ts'
import { areInOtherOrder } from './vetoes/order.ts'
import {
  haveUnequalDates,
  haveUnequalIdentifiers,
  haveUnequalNumbers,
  haveUnequalQuotes,
} from './vetoes/values.ts'

type Rule = (asked: QuestionReading, remembered: QuestionReading) => boolean

/** Cheapest first. */
const RULES = {
  language: areOfOtherLanguages,
  numbers: haveUnequalNumbers,
  dates: haveUnequalDates,
  identifiers: haveUnequalIdentifiers,
  negation: areDeniedDifferently,
  kind: askOtherKinds,
  time: areOfOtherTimes,
  limits: areLimitedDifferently,
  names: haveUnequalNames,
  quotes: haveUnequalQuotes,
  opposites: sayOpposites,
  order: areInOtherOrder,
  attachment: areAttachedOtherwise,
} as const satisfies Record<string, Rule>

export type VetoReason = keyof typeof RULES

const ENTRIES = Object.entries(RULES) as [VetoReason, Rule][]

/** The first rule that speaks against serving; undefined where none does. Symmetric in its arguments. */
export function vetoOf(asked: QuestionReading, remembered: QuestionReading): VetoReason | undefined {
  for (const [reason, rule] of ENTRIES) if (rule(asked, remembered)) return reason
  return undefined
}
