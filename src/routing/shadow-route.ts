/** Where a route in shadow would begin, were it on. */
import type { AskableTier, LearnedPlan } from './learn/learned-tiers.ts'
import type { PlannedTarget } from './plan.ts'
import type { Tier, TierUse } from './rule.ts'

export interface ShadowRoute {
  tier: string
  target: PlannedTarget
}

/**
 * The first model of the first tier that could be asked: documents are passed over, since nobody knows whether they would
 * have answered, and so is what a tier's strategy would have weighed.
 * @param names tiers of the rule that would act @param targetOf undefined where a use leads to no provider
 */
export function shadowRoute(
  tiers: ReadonlyMap<string, Pick<Tier, 'use' | 'documents'>>,
  names: readonly string[],
  learned: LearnedPlan | undefined,
  targetOf: (use: TierUse) => PlannedTarget | undefined,
): ShadowRoute | undefined {
  if (learned !== undefined) return firstOf(learned.beginning.at === 'small' ? learned.small : learned.large)
  for (const name of names) {
    const tier = tiers.get(name)
    if (tier === undefined || tier.documents !== undefined) continue
    for (const use of tier.use) {
      const target = targetOf(use)
      if (target !== undefined) return { tier: name, target }
    }
  }
  return undefined
}

function firstOf({ tier, targets }: AskableTier): ShadowRoute | undefined {
  const target = targets[0]
  return target && { tier, target }
}
