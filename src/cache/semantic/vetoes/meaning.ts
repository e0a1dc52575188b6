/** Vetoes on what turns a meaning around: negation, opposites, limits, time, kind of question, language. */
import { areOpposites } from '../antonyms.ts'
import type { QuestionReading } from '../question-reading.ts'
import { kindsConflict } from '../question-type.ts'
import { areOpposed } from '../relations.ts'
import { FUTURE, PAST, PRESENT } from '../time-reading.ts'
import { areEqualSets } from './values.ts'

export function areDeniedDifferently(
  { negation: left }: QuestionReading,
  { negation: right }: QuestionReading,
): boolean {
  if (left.count !== right.count) return true
  if (left.scope.size === 0 || right.scope.size === 0) return false
  for (const term of left.scope) if (right.scope.has(term)) return false
  return true
}

/** A word on each side, said by that side alone, that are opposites. */
export function sayOpposites(asked: QuestionReading, remembered: QuestionReading): boolean {
  for (const { term } of asked.words) {
    if (remembered.terms.has(term)) continue
    for (const other of remembered.words) {
      if (!asked.terms.has(other.term) && areOpposites(term, other.term)) return true
    }
  }
  return areTurned(asked.relations, remembered.relations)
}

export function areLimitedDifferently(asked: QuestionReading, remembered: QuestionReading): boolean {
  return !areEqualSets(asked.limits, remembered.limits)
}

function areTurned(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  for (const one of left) {
    if (right.has(one)) continue
    for (const other of right) if (!left.has(other) && areOpposed(one, other)) return true
  }
  return false
}

/** What a question in the present means anyway. */
const NOW = new Set(['now', 'current', 'still', 'already'])

export function areOfOtherTimes(asked: QuestionReading, remembered: QuestionReading): boolean {
  return (
    saysOtherTime(asked, remembered) ||
    saysOtherTime(remembered, asked) ||
    tensesConflict(asked.tense, remembered.tense)
  )
}

function saysOtherTime({ times }: QuestionReading, by: QuestionReading): boolean {
  for (const time of times) {
    if (by.times.has(time)) continue
    if (!NOW.has(time) || by.times.size > 0 || (by.tense & PAST) !== 0) return true
  }
  return false
}

function tensesConflict(left: number, right: number): boolean {
  if (left === 0 || right === 0 || (left & right) !== 0) return false
  return (
    ((left | right) & (FUTURE | PAST)) === (FUTURE | PAST) ||
    ((left | right) & (PRESENT | PAST)) === (PRESENT | PAST)
  )
}

export function askOtherKinds(asked: QuestionReading, remembered: QuestionReading): boolean {
  return kindsConflict(asked.kinds, remembered.kinds)
}

export function areOfOtherLanguages(asked: QuestionReading, remembered: QuestionReading): boolean {
  return (
    asked.language !== remembered.language &&
    asked.language !== 'unknown' &&
    remembered.language !== 'unknown'
  )
}
