/** Budgets came or went since a request was planned: an attempt is counted by those that are there as it begins. */
import type { Journey } from '../journey.ts'

/** @throws Failure `overloaded` where what one of them has spent is still being counted */
export async function holdAnew(journey: Journey): Promise<void> {
  const { gateway, incoming, policy } = journey
  const policies = gateway.policies()
  journey.heldAt = gateway.budgets.revision
  const current = policies.byWorkflow.get(policy.workflow) ?? policies.default
  journey.budgets = gateway.budgets.heldBy(incoming, current)
  if (journey.budgets !== undefined) await gateway.budgets.adoption?.counted(journey.budgets)
}
