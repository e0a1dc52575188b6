/** What became of each rule of a policy, and why: the condition that failed, or what the request met. */
import { metWords, unmetWords } from '../../routing/condition-words.ts'
import type { Facts } from '../../routing/facts.ts'
import { firstUnmet } from '../../routing/match-condition.ts'
import type { Rule } from '../../routing/rule.ts'

export interface ExplainedRule {
  name: string
  to: readonly string[]
  outcome: 'matches' | 'fails' | 'not reached'
  /** The first condition that does not hold and what the request has, or what it met. */
  because: string
}

export function explainRules(rules: readonly Rule[], facts: Facts): ExplainedRule[] {
  let decided = false
  return rules.map(({ name, to, when }): ExplainedRule => {
    if (decided) return { name, to, outcome: 'not reached', because: '' }
    const unmet = firstUnmet(when, facts)
    if (unmet !== undefined) return { name, to, outcome: 'fails', because: unmetWords(unmet, when, facts) }
    decided = true
    return { name, to, outcome: 'matches', because: metWords(when, facts) }
  })
}

/** Who states the bound of the answer: the rule, or its policy for all of them. */
export function whoseBound(rules: readonly Rule[], decided: string | undefined): 'rule' | 'policy' {
  const isStated = rules.some(({ name, maxTokens }) => name === decided && maxTokens !== undefined)
  return isStated ? 'rule' : 'policy'
}
