/** Whether a request's facts meet a rule's condition. */
import { matchesAnyGlob } from '../access/glob.ts'
import type { Difficulty } from './classifier.ts'
import type { Facts } from './facts.ts'
import type { Condition, Range, Rule } from './rule.ts'

/** What a condition reads of `Facts`. */
export type ConditionFacts = Pick<
  Facts,
  | 'model'
  | 'endpoint'
  | 'keyName'
  | 'tags'
  | 'tokens'
  | 'has'
  | 'tools'
  | 'hourIn'
  | 'turns'
  | 'outputShape'
  | 'task'
  | 'language'
  | 'code'
  | 'timeDependent'
  | 'difficulty'
>

/** A condition that a rule states and a request does not meet. */
export type Unmet = keyof Condition

export function matchesCondition(when: Condition, facts: ConditionFacts): boolean {
  return firstUnmet(when, facts) === undefined
}

/**
 * The first stated condition that does not hold; undefined where all do.
 * Facts that cost nothing are asked first; a missing one meets no stated condition.
 */
export function firstUnmet(when: Condition, facts: ConditionFacts): Unmet | undefined {
  if (when.endpoint !== undefined && !matchesAnyGlob(when.endpoint, facts.endpoint)) return 'endpoint'
  if (when.model !== undefined && !globHolds(when.model, facts.model)) return 'model'
  if (when.key !== undefined && !globHolds(when.key, facts.keyName)) return 'key'
  if (when.tags !== undefined && !tagsHold(when.tags, facts.tags)) return 'tags'
  if (when.tools !== undefined && when.tools !== facts.tools) return 'tools'
  if (when.hour !== undefined && !hourHolds(when.hour, facts)) return 'hour'
  if (when.has !== undefined && !when.has.some((modality) => facts.has.includes(modality))) return 'has'
  if (when.tokens !== undefined && !isWithin(when.tokens, facts.tokens)) return 'tokens'
  if (when.outputShape !== undefined && !when.outputShape.includes(facts.outputShape)) return 'outputShape'
  if (when.turns !== undefined && !isWithin(when.turns, facts.turns)) return 'turns'
  return firstUnread(when, facts)
}

/** What has to be read out of the text, which takes longer than all the rest. */
function firstUnread(when: Condition, facts: ConditionFacts): Unmet | undefined {
  if (when.language !== undefined && !when.language.includes(facts.language)) return 'language'
  if (when.timeDependent !== undefined && when.timeDependent !== facts.timeDependent) return 'timeDependent'
  if (when.code !== undefined && when.code !== facts.code) return 'code'
  if (when.task !== undefined && !when.task.includes(facts.task)) return 'task'
  if (when.difficulty !== undefined && !isAsHard(when.difficulty, facts.difficulty)) return 'difficulty'
  return undefined
}

/**
 * Which rules the caller's key and tags let through, as a text: two requests that are alike otherwise, and have another one,
 * may be sent to another tier. Empty where no rule asks for either.
 */
export function steeredBy(
  rules: readonly Pick<Rule, 'when'>[],
  { keyName, tags }: Pick<ConditionFacts, 'keyName' | 'tags'>,
): string {
  let steered = ''
  for (const { when } of rules) {
    if (when.key === undefined && when.tags === undefined) continue
    const isMet =
      (when.key === undefined || globHolds(when.key, keyName)) &&
      (when.tags === undefined || tagsHold(when.tags, tags))
    steered += isMet ? '+' : '-'
  }
  return steered
}

function globHolds(globs: readonly string[], value: string | undefined): boolean {
  return value !== undefined && matchesAnyGlob(globs, value)
}

function tagsHold(
  stated: Readonly<Record<string, readonly string[]>>,
  tags: Readonly<Record<string, string>>,
): boolean {
  for (const name in stated) {
    if (!Object.hasOwn(tags, name) || !globHolds(stated[name] ?? [], tags[name])) return false
  }
  return true
}

function hourHolds(hour: NonNullable<Condition['hour']>, facts: ConditionFacts): boolean {
  const now = facts.hourIn(hour.timeZone)
  return hour.from < hour.to ? now >= hour.from && now < hour.to : now >= hour.from || now < hour.to
}

/** What is unknown counts as hard. */
function isAsHard(range: Range, difficulty: Difficulty): boolean {
  return difficulty === 'unknown' ? range.below === undefined : isWithin(range, difficulty)
}

function isWithin(range: Range, value: number): boolean {
  return (
    (range.below === undefined || value < range.below) && (range.above === undefined || value > range.above)
  )
}
