/** What is known of replicas and providers that configuration no longer names is forgotten: who comes back begins afresh. */
import { type Provider, replicaIdsOf } from '../../providers/provider.ts'
import type { ToldReplicas } from '../../routing/told-replicas.ts'
import type { Gateway } from '../journey.ts'

/** Requests under way at one that is gone end as they would have; the last of them takes its count of them along. */
export function forgetGone(
  gateway: Gateway,
  told: ToldReplicas,
  providers: ReadonlyMap<string, Provider>,
): void {
  const ids = replicaIdsOf(providers.values())
  const names = new Set(providers.keys())
  told.keepOnly(ids)
  gateway.health.keepOnly(ids, names)
  gateway.balancer.keepOnly(ids, names)
  gateway.headroom.keepOnly(ids)
  gateway.keptMedia.keepOnly(ids)
  gateway.retryBudget.keepOnly(names)
  gateway.hedging.keepOnly((target) => names.has(target.slice(0, target.indexOf('/'))))
}
