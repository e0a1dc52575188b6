/** How the replicas of a provider stand: what they are doing, and which are asked only where no other is left. */
import type { Replica } from '../../providers/provider.ts'
import type { Place, Standing } from '../../routing/balance/balancer.ts'
import type { Gateway } from '../journey.ts'

/** What is known of those that could be asked. */
export type Standings = Pick<Gateway, 'balancer' | 'pricer' | 'elapsedMs' | 'random'> & {
  slots: Pick<Gateway['slots'], 'inFlight'>
  health: Pick<Gateway['health'], 'isCooling'>
  headroom: Pick<Gateway['headroom'], 'isEmpty' | 'share'>
}

/**
 * Those that pause, were tried already, or have no room in their rate limits (`isSpent`) are asked only where no other is left:
 * rather one that was tried than one that is spent, and that than one that pauses.
 */
export function standingOf(
  { slots, health, headroom, elapsedMs }: Standings,
  { provider: { replicas }, model }: Place,
  tried: ReadonlySet<string>,
  isSpent?: (replica: Replica) => boolean,
): Standing {
  const nowMs = elapsedMs()
  const reluctance = (replica: Replica): number =>
    (health.isCooling(replica, nowMs) ? 4 : 0) +
    (isSpent?.(replica) === true ? 3 : 0) +
    (tried.has(replica.id) ? 2 : 0)
  let least = Number.POSITIVE_INFINITY
  for (const replica of replicas) least = Math.min(least, reluctance(replica))
  return {
    inFlight: (id) => slots.inFlight(id),
    isAvailable: (replica) => reluctance(replica) === least,
    headroom: headroom.isEmpty ? undefined : (id) => headroom.share(id, model, nowMs),
  }
}
