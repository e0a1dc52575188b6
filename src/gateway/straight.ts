/** A policy for what trimtab asks itself: budgets and limits hold; where it goes does not depend on the workflow's rules. */
import type { Policy } from '../policy/policy.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'

export function straight(workflow: string, policy: Policy): ResolvedWorkflow {
  return {
    workflow,
    policy: {
      ...policy,
      tiers: new Map(),
      route: { mode: 'shadow', rules: [], learn: undefined },
      output: { maxTokens: undefined },
    },
    modelNamesWorkflow: false,
    askedByName: false,
    by: 'default',
  }
}
