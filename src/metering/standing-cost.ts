/**
 * What costs by the hour, whether or not it is used: a share of it for each answer. While an hour runs, shares are told by
 * what was served lately; once it is over, the ledger's upkeep spreads what the hour cost over what it served.
 */
import type { Tokens } from './tokens.ts'
import { TOKEN_BUCKETS } from './tokens.ts'

export interface HourlyCost {
  /** All cost the same. */
  replicas: number
  /** Of one replica. */
  nanoUsdPerHour: number
}

/** By the provider's name. */
export type HourlyCosts = ReadonlyMap<string, HourlyCost>

/** Price version of an attempt whose cost is its share of an hour. */
export const HOURLY = 'hourly'

const HOUR_MS = 3_600_000

/** The present hour and the one before it. */
interface Lately {
  hour: number
  /** When costs began to run in the present hour. */
  since: number
  tokens: number
  before: { nanoUsd: number; tokens: number }
}

/** What an hour's cost is spread by. What a prompt cache kept was not worked on. */
export function servedTokens(tokens: Tokens): number {
  let sum = 0
  for (const bucket of TOKEN_BUCKETS) if (bucket !== 'cache_read') sum += tokens[bucket]
  return sum
}

export class StandingRates {
  readonly #costs: HourlyCosts
  readonly #lately = new Map<string, Lately>()

  /** Costs run from `now` on, in Unix milliseconds. */
  constructor(costs: HourlyCosts, now: number) {
    this.#costs = costs
    for (const provider of costs.keys()) {
      const before = { nanoUsd: 0, tokens: 0 }
      this.#lately.set(provider, { hour: hourOf(now), since: now, tokens: 0, before })
    }
  }

  /** To be told of every attempt, once it has ended. */
  served(provider: string, tokens: Tokens, now: number): void {
    const lately = this.#latelyOf(provider, now)
    if (lately !== undefined) lately.tokens += servedTokens(tokens)
  }

  /** What so many tokens cost as things stand: this hour's cost and the last one's over all that they served. */
  nanoUsdFor(provider: string, tokens: Tokens, now: number): number | undefined {
    const cost = this.#costs.get(provider)
    const lately = this.#latelyOf(provider, now)
    if (cost === undefined || lately === undefined) return undefined
    const asked = servedTokens(tokens)
    if (asked === 0) return 0
    const spent = lately.before.nanoUsd + costOf(cost, now - lately.since)
    return Math.round((spent * asked) / (lately.before.tokens + lately.tokens + asked))
  }

  #latelyOf(provider: string, now: number): Lately | undefined {
    const lately = this.#lately.get(provider)
    const cost = this.#costs.get(provider)
    if (lately === undefined || cost === undefined) return undefined
    const hour = hourOf(now)
    if (hour <= lately.hour) return lately
    const isNext = hour === lately.hour + HOUR_MS
    lately.before = {
      nanoUsd: isNext ? costOf(cost, hour - lately.since) : 0,
      tokens: isNext ? lately.tokens : 0,
    }
    lately.hour = hour
    lately.since = hour
    lately.tokens = 0
    return lately
  }
}

/** Nano-dollars for standing ready so long. */
function costOf({ replicas, nanoUsdPerHour }: HourlyCost, milliseconds: number): number {
  return (replicas * nanoUsdPerHour * Math.max(0, milliseconds)) / HOUR_MS
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS
}
