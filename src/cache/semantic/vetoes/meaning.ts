/** Vetoes on what turns a meaning around: negation, opposites, limits, time, kind of question, language. */
import { areOpposites } from '../antonyms.ts'
import type { QuestionReading } from '../question-reading.ts'
import { kindsConflict } from '../question-type.ts'
import { areOpposed } from '../relations.ts'
import { unrepeated } from '../term-frequencies.ts'
import { isPresent, type Tense } from '../time-reading.ts'
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

/** A word on each side, said by that side alone or more often, that are opposites. */
export function sayOpposites(asked: QuestionReading, remembered: QuestionReading): boolean {
  for (const term of asked.terms) {
    if (remembered.terms.has(term)) continue
    for (const other of remembered.terms) {
      if (!asked.terms.has(other) && areOpposites(unrepeated(term), unrepeated(other))) return true
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

export function areOfOtherTimes(asked: QuestionReading, remembered: QuestionReading): boolean {
  return (
    saysOtherTime(asked, remembered) || saysOtherTime(remembered, asked) || tensesConflict(asked, remembered)
  )
}

function saysOtherTime({ times }: QuestionReading, by: QuestionReading): boolean {
  for (const time of times) {
    if (by.times.has(time)) continue
    // A season or a month that nobody places is the coming one.
    if (time === 'next' && by.dates.size > 0 && by.times.size === 0) continue
    if (!isPresent(time) || by.times.size > 0 || by.tenses.includes('past')) return true
  }
  return false
}

/** Verb by verb where both have as many, else whether they have one in common. */
function tensesConflict(asked: QuestionReading, remembered: QuestionReading): boolean {
  const [left, right] = [asked.tenses, remembered.tenses]
  if (left.length === 0 || right.length === 0) return false
  // Where the time is said, "will be" and "is" mean the same.
  const isSaid = isTimeSaid(asked) && isTimeSaid(remembered)
  const differ = (one: Tense, other: Tense | undefined): boolean =>
    one !== other && (!isSaid || one === 'past' || other === 'past')
  if (left.length === right.length) return left.some((tense, index) => differ(tense, right[index]))
  return left.every((tense) => right.every((other) => differ(tense, other)))
}

function isTimeSaid({ times, dates }: QuestionReading): boolean {
  return times.size > 0 || dates.size > 0
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
