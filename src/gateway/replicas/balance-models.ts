/** The models of a tier in the order of its strategy: what each has cached, costs and is doing is known before one is chosen. */
import { noTokens } from '../../metering/tokens.ts'
import { outputBound } from '../../openai/output-bound.ts'
import type { Candidate } from '../../routing/balance/candidate.ts'
import { STRATEGY } from '../../routing/balance/strategies.ts'
import { expectedMs, rateOfUnknown } from '../../routing/balance/work.ts'
import type { Facts } from '../../routing/facts.ts'
import type { Balanced, PlannedTarget, PlanPorts } from '../../routing/plan.ts'
import type { Tier } from '../../routing/rule.ts'
import type { Asking } from '../plan-targets.ts'
import { type Standings, standingOf } from './standing.ts'
import { askedOf, weighedFor } from './weighed-request.ts'

/** A usual answer: input alone would make a model cheap whose answers are dear. */
const USUAL_OUTPUT_TOKENS = 500
const NANO = 1e9
const NONE_TRIED: ReadonlySet<string> = new Set()

/** Whoever plans without a server knows nothing of what it is doing. */
function areKnown(sources: Partial<Standings>): sources is Standings {
  const { balancer, slots, health, headroom } = sources
  return balancer !== undefined && slots !== undefined && health !== undefined && headroom !== undefined
}

/** For the plan; undefined where nothing is known to go by, or nothing could be cached, as for what is passed through. */
export function balanceFor(asking: Asking, facts: Facts, sources: Partial<Standings>): PlanPorts['balance'] {
  if (!areKnown(sources) || asking.request.passed !== undefined) return undefined
  return (tier, targets) => balancedModels(tier, targets, { asking, facts, standings: sources })
}

function balancedModels(
  tier: Tier,
  targets: readonly PlannedTarget[],
  { asking, facts, standings }: { asking: Asking; facts: Facts; standings: Standings },
): Balanced {
  const weighed = weighedFor(tier.strategy, asking, standings.balancer, facts.tokens)
  const asked = askedOf(asking, weighed, tier, standings)
  const left = targets.map((target) => {
    const { provider } = target
    const standing = standingOf(standings, target, NONE_TRIED)
    const isPausing = provider.replicas.every((replica) => standings.health.isCooling(replica, asked.nowMs))
    const best = bestOf(standings.balancer.candidates(target, weighed, standing), facts.tokens)
    const id = `${provider.name}/${target.model}`
    const costNanoUsd = costOf(asking, target, best.cachedTokens, facts.tokens, standings)
    return { target, candidate: { ...best, id, isAvailable: !isPausing, costNanoUsd } }
  })
  for (const { candidate } of left) note(facts, candidate)
  const words = `Tier ${tier.name} by ${tier.strategy}`
  const order: typeof left = []
  while (left.length > 0) {
    const index = STRATEGY[tier.strategy](
      left.map(({ candidate }) => candidate),
      asked,
    )
    order.push(...left.splice(index, 1))
  }
  const told = order.map(({ candidate }) => candidateWords(candidate, facts.tokens))
  return { targets: order.map(({ target }) => target), reason: `${words}: ${told.join(', ')}.` }
}

/** The replica that it would likely be asked at. */
function bestOf(candidates: readonly Candidate[], promptTokens: number): Candidate {
  const unknown = rateOfUnknown(candidates)
  const reluctance = (it: Candidate): number =>
    (it.isAvailable ? 1 : 1e6) * expectedMs(it, promptTokens, unknown)
  return candidates.reduce((best, it) => (reluctance(it) < reluctance(best) ? it : best))
}

function costOf(
  { request, at }: Asking,
  { provider, model }: PlannedTarget,
  cached: number,
  promptTokens: number,
  { pricer }: Standings,
): number | undefined {
  const bound = request.passed === undefined ? outputBound(request, undefined) : undefined
  const output = Math.min(bound ?? USUAL_OUTPUT_TOKENS, USUAL_OUTPUT_TOKENS)
  const tokens = { ...noTokens(), input: promptTokens - cached, cache_read: cached, output }
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at }
  return pricer().price({ ...subject, tokens })?.costNanoUsd
}

function note(facts: Facts, { id, cachedTokens, inFlight, costNanoUsd }: Candidate): void {
  facts.expects(id, 'cached_tokens', cachedTokens)
  facts.expects(id, 'in_flight', inFlight)
  if (costNanoUsd !== undefined) facts.expects(id, 'cost_usd', costNanoUsd / NANO)
}

function candidateWords({ id, cachedTokens, inFlight, costNanoUsd }: Candidate, tokens: number): string {
  const cost = costNanoUsd === undefined ? 'no price' : `about $${(costNanoUsd / NANO).toPrecision(3)}`
  return `${id} (${cachedTokens} of ${tokens} tokens cached, ${inFlight} under way, ${cost})`
}
