/** Which tier an answer that does not suffice may lead on to: never back, whatever order targets are tried in. */
import type { Policy } from '../policy/policy.ts'

export const NO_TIER = -1

/**
 * Place of each target's tier. By the rule that acts; by the policy where a session keeps a tier that the rule does not name.
 * @param tiers of the targets; those without a tier have none to go on to
 */
export function tierRanks(
  tiers: readonly (string | undefined)[],
  rule: string | undefined,
  { route, tiers: all }: Pick<Policy, 'route' | 'tiers'>,
): number[] {
  const to = route.rules.find(({ name }) => name === rule)?.to ?? []
  const order = tiers.every((tier) => tier !== undefined && to.includes(tier)) ? to : [...all.keys()]
  return tiers.map((tier) => (tier === undefined ? NO_TIER : order.indexOf(tier)))
}
