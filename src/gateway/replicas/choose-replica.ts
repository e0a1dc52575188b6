/** Which replica of a provider a request goes to, by the strategy of the tier that acts. */
import type { Provider, Replica } from '../../providers/provider.ts'
import type { Place } from '../../routing/balance/balancer.ts'
import type { Candidate, StrategyName } from '../../routing/balance/candidate.ts'
import { leastBusy } from '../../routing/balance/least-busy.ts'
import { passedOver } from '../../routing/balance/saturated.ts'
import type { Sending } from '../../routing/balance/sending.ts'
import { STRATEGY } from '../../routing/balance/strategies.ts'
import { isBalanced, type Tier } from '../../routing/rule.ts'
import type { Gateway, Journey } from '../journey.ts'
import { isSpentFor } from '../load/spare-limits.ts'
import type { Target } from '../outbound.ts'
import { preferenceFor } from '../prefix/account-of-prefix.ts'
import { standingOf } from './standing.ts'
import { askedOf, weighedFor } from './weighed-request.ts'

export interface ChosenReplica {
  replica: Replica
  /** Expected to be computed, not read from a cache; undefined where nobody looked. */
  uncachedTokens: number | undefined
  /**
   * To be called when the request is on its way, with the replica that had a slot; undefined where nothing is to be told of it:
   * a provider with one replica, which nothing is chosen of.
   */
  sent: ((replica: Replica) => Sending) | undefined
}

/** @param tried for this request already: asked again only where no other is left */
export function chooseReplica(journey: Journey, target: Target, tried: ReadonlySet<string>): ChosenReplica {
  const { gateway, incoming, policy, input } = journey
  const tier = target.tier === undefined ? undefined : policy.tiers.get(target.tier)
  const [only] = target.provider.replicas
  if (target.provider.replicas.length === 1 && only !== undefined && !hasBalancedModels(tier))
    return { replica: only, uncachedTokens: undefined, sent: undefined }
  const { balancer } = gateway
  const strategy = strategyAmongReplicas(tier)
  const weighed = weighedFor(strategy, incoming, balancer, input.tokens)
  const nowMs = gateway.elapsedMs()
  const standing = standingOf(gateway, target, tried, isSpentFor(journey, target, nowMs))
  const candidates = balancer.candidates(target, weighed, standing)
  const kept = keptIndex(preferenceFor(journey, target.provider, nowMs), target.provider, candidates)
  const asked = askedOf(incoming, weighed, tier, gateway, balancer.continues(target, weighed))
  const index = kept ?? STRATEGY[strategy](candidates, asked)
  const candidate = candidates[index] as Candidate
  const sending = {
    by: kept === undefined ? strategy : ('kept' as const),
    streams: incoming.request.stream,
    passedOver: kept === undefined ? passedOver(candidates, candidate) : undefined,
  }
  return {
    replica: target.provider.replicas[index] as Replica,
    uncachedTokens: input.tokens - candidate.cachedTokens,
    // Whoever waited may have been given another one.
    sent: ({ id }) =>
      balancer.sent(target, candidates.find((one) => one.id === id) ?? candidate, weighed, sending),
  }
}

/** For what no prompt is read for. @param tried as above */
export function idlestReplica(gateway: Gateway, target: Place, tried: ReadonlySet<string>): Replica {
  const { replicas } = target.provider
  const asked = { promptTokens: 0, nowMs: gateway.elapsedMs(), random: gateway.random, sessionHash: 0 }
  const weighed = { blocks: undefined, promptTokens: 0 }
  const candidates = gateway.balancer.candidates(target, weighed, standingOf(gateway, target, tried))
  return replicas[leastBusy(candidates, asked)] as Replica
}

/** The other two are of models, whose order and weights a policy states. */
export function strategyAmongReplicas(tier: Tier | undefined): StrategyName {
  return tier === undefined || !isBalanced(tier) ? 'prefix' : tier.strategy
}

/** What each of its models has cached is what the next request is planned by. */
function hasBalancedModels(tier: Tier | undefined): boolean {
  return tier !== undefined && tier.use.length > 1 && isBalanced(tier)
}

/** Where the session was before, or the account that has read its like, as long as that answers and has a slot. */
function keptIndex(
  session: ReturnType<typeof preferenceFor>,
  provider: Provider,
  candidates: readonly Candidate[],
): number | undefined {
  if (session === undefined) return undefined
  let kept: number | undefined
  let most = 0
  let fewest = 0
  for (const [index, { isAvailable, inFlight, capacity }] of candidates.entries()) {
    if (!isAvailable || (capacity !== undefined && inFlight >= capacity)) continue
    const preference = session.preference(provider.replicas[index] as Replica, provider)
    if (preference === 0 || preference < most || (preference === most && inFlight >= fewest)) continue
    kept = index
    most = preference
    fewest = inFlight
  }
  return kept
}
