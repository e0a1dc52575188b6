/** Targets that can answer now before those that cannot. */
import type { Gateway } from '../journey.ts'
import type { Target } from '../outbound.ts'

/**
 * Targets whose replicas are all left out, or without room in their rate limits for so many tokens, come last; where all
 * are, they are asked all the same.
 */
export function inOrderOfHealth(
  { health, headroom, elapsedMs }: Pick<Gateway, 'health' | 'headroom' | 'elapsedMs'>,
  targets: readonly Target[],
  tokens: number,
): readonly Target[] {
  if (targets.length === 1) return targets
  const nowMs = elapsedMs()
  const isAvailable = ({ provider, model }: Target): boolean =>
    provider.replicas.some(
      (replica) =>
        !health.isCooling(replica, nowMs) && headroom.waitMs(replica.id, model, tokens, nowMs) === 0,
    )
  const available = targets.filter(isAvailable)
  if (available.length === targets.length || available.length === 0) return targets
  return [...available, ...targets.filter((target) => !available.includes(target))]
}
