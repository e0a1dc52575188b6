/** Puts the tiers of a plan in the order that learning says: rules say who may answer, learning says where to begin. */
import type { PlannedTarget } from '../plan.ts'
import type { LearnText } from './label-features.ts'
import type { Scope } from './learn-store.ts'
import type { Beginning } from './learning.ts'

/** What learning made of a request. */
export interface LearnedPlan {
  scope: Scope
  /** The tiers that it chooses between: the first and the last of those that may answer. */
  small: AskableTier
  large: AskableTier
  beginning: Beginning
  /** Undefined where it is none to learn from. */
  asked: LearnText | undefined
  /** False: the route is in shadow, and the request goes where it was asked to. */
  acts: boolean
}

export interface AskableTier {
  tier: string
  targets: readonly PlannedTarget[]
}

/** Where a request that may be answered by these two tiers begins. */
export type Begin = (scope: Scope) => Pick<LearnedPlan, 'beginning' | 'asked'>

/** Where nothing is known of what was learned. */
export const NOT_OPEN: ReturnType<Begin> = {
  beginning: { at: 'large', reason: 'nothing was learned yet' },
  asked: undefined,
}

/** Undefined where there is nothing to choose. @param begin undefined where learning is not open */
export function learnedPlan(
  workflow: string,
  tiers: readonly AskableTier[],
  acts: boolean,
  begin: Begin | undefined,
): LearnedPlan | undefined {
  const small = tiers[0]
  const large = tiers.at(-1)
  if (small === undefined || large === undefined || small === large) return undefined
  const scope = { workflow, pair: `${modelsOf(small)} > ${modelsOf(large)}` }
  const { beginning, asked } = begin?.(scope) ?? NOT_OPEN
  return { scope, small, large, beginning, asked, acts }
}

/**
 * From the large tier on, the smaller ones stand behind it, the nearest first: where no large model can be reached, an answer
 * by another is better than none.
 */
export function inLearnedOrder<Listed extends AskableTier>(
  tiers: readonly Listed[],
  { beginning }: LearnedPlan,
): readonly Listed[] {
  return beginning.at === 'small' ? tiers : tiers.toReversed()
}

/** One sentence. */
export function learnedReason({ beginning, small, large, acts }: LearnedPlan): string {
  const { at, reason } = beginning
  const tier = at === 'small' ? small.tier : large.tier
  return acts ? `Begins at ${tier}: ${reason}.` : `Would begin at ${tier}: ${reason}; the route is in shadow.`
}

/** Whatever order weights drew them in. */
function modelsOf({ targets }: AskableTier): string {
  return targets
    .map(({ provider, model }) => `${provider.name}/${model}`)
    .sort()
    .join(', ')
}
