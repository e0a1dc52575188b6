/** How the replicas of a provider stand: what they are doing, and which are asked only where no other is left. */
import type { Provider, Replica } from '../providers/provider.ts'
import type { Standing } from '../routing/balance/balancer.ts'
import type { Gateway } from './journey.ts'

/** What is known of those that could be asked. */
export type Standings = Pick<Gateway, 'balancer' | 'pricer' | 'elapsedMs' | 'random'> & {
  slots: Pick<Gateway['slots'], 'inFlight'>
  health: Pick<Gateway['health'], 'isCooling'>
}

/** Those that pause, or were tried already, are asked only where no other is left: rather one that was tried than one that pauses. */
export function standingOf(
  { slots, health, elapsedMs }: Standings,
  { replicas }: Provider,
  tried: ReadonlySet<string>,
): Standing {
  const nowMs = elapsedMs()
  const reluctance = (replica: Replica): number =>
    (health.isCooling(replica, nowMs) ? 2 : 0) + (tried.has(replica.id) ? 1 : 0)
  let least = 3
  for (const replica of replicas) least = Math.min(least, reluctance(replica))
  return {
    inFlight: (id) => slots.inFlight(id),
    isAvailable: (replica) => reluctance(replica) === least,
  }
}
