/** What strategies are told of a request: its size, what of it may be cached, and what it belongs to. */
import type { Balancer, Weighed } from '../../routing/balance/balancer.ts'
import type { Asked, StrategyName } from '../../routing/balance/candidate.ts'
import type { Tier } from '../../routing/rule.ts'
import { hashOf } from '../../routing/text-hash.ts'
import type { Gateway, Incoming } from '../journey.ts'

type Belonging = Pick<Incoming, 'request' | 'principal' | 'labels' | 'at'>

/** Strategies that go by what is cached of the prompt, so that it has to be looked at. */
const BY_PROMPT: ReadonlySet<StrategyName> = new Set(['prefix', 'latency', 'cost', 'hybrid', 'session'])

export function weighedFor(
  strategy: StrategyName,
  { request, principal }: Pick<Incoming, 'request' | 'principal'>,
  balancer: Balancer,
  promptTokens: number,
): Weighed {
  const blocks = BY_PROMPT.has(strategy) ? balancer.blocksOf(request, principal.tenant) : undefined
  return { blocks, promptTokens }
}

/** @param continues as `Balancer.continues` tells it; undefined among models */
export function askedOf(
  incoming: Belonging,
  { promptTokens, blocks }: Weighed,
  tier: Tier | undefined,
  { elapsedMs, random }: Pick<Gateway, 'elapsedMs' | 'random'>,
  continues?: boolean,
): Asked {
  const sessionHash = belongsTo(incoming, blocks?.beginning)
  return { promptTokens, nowMs: elapsedMs(), random, sessionHash, continues, weights: tier?.weights }
}

/** A session by its name, else a conversation by its beginning, else nothing that comes again. */
function belongsTo({ at, labels, principal }: Belonging, beginning: number | undefined): number {
  if (labels.session !== undefined) return hashOf(`${principal.tenant}\n${labels.session}`)
  return beginning ?? hashOf(String(at))
}
