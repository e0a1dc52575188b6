/** The rule that decides: the first whose condition holds. */
import { type ConditionFacts, matchesCondition } from './match-condition.ts'
import type { Rule } from './rule.ts'

export function firstRule(rules: readonly Rule[], facts: ConditionFacts): Rule | undefined {
  for (const rule of rules) if (matchesCondition(rule.when, facts)) return rule
  return undefined
}
