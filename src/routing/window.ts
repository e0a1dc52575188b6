/** Leaves out models whose window is known to be too small for a request. */
import type { Plan } from './plan.ts'

/**
 * The same list where all fit. Where none does, all are asked: the estimate may be wrong, and the provider says so if it is
 * not. `reasons` gets a sentence about each that is left out.
 * @param tokens estimated, of the whole request
 */
export function withinWindow(
  tierTargets: Plan['tierTargets'],
  tokens: () => number,
  reasons: string[],
): Plan['tierTargets'] {
  const isTooSmall = ({ provider, model }: Plan['tierTargets'][number]['targets'][number]): boolean => {
    const window = provider.models.get(model)?.contextTokens
    return window !== undefined && tokens() > window
  }
  if (!tierTargets.some(({ targets }) => targets.some(isTooSmall))) return tierTargets
  const left: string[] = []
  const fitting = tierTargets.flatMap(({ tier, targets }) => {
    const kept = targets.filter((target) => !isTooSmall(target))
    for (const { provider, model } of targets.filter(isTooSmall)) {
      const window = provider.models.get(model)?.contextTokens
      left.push(
        `${provider.name}/${model} is left out: its window of ${window} tokens is too small for about ${tokens()}.`,
      )
    }
    return kept.length === 0 ? [] : [{ tier, targets: kept }]
  })
  if (fitting.length > 0) {
    reasons.push(...left)
    return fitting
  }
  reasons.push(`No window in the plan holds about ${tokens()} tokens; it is asked all the same.`)
  return tierTargets
}
