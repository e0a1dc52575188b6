/** How many requests and tokens a minute a key or a team may use: a token bucket each, which a minute fills. */

/** What one caller is held to; a bound that is undefined is none. */
export interface RateLimit {
  /** Whoever has the same id shares the limit. */
  id: string
  /** As a sentence begins: `The API key "web"`. */
  label: string
  requestsPerMinute: number | undefined
  tokensPerMinute: number | undefined
}

export type RateUnit = 'requests' | 'tokens'

export type Amounts = Readonly<Record<RateUnit, number>>

export type Taken =
  | { kind: 'allowed' }
  | { kind: 'refused'; limit: RateLimit; unit: RateUnit; perMinute: number; retryAfterMs: number }

export interface RateStanding {
  perMinute: number
  /** Never below 0, though a request may owe more than was left. */
  remaining: number
  /** Until all of it is there again. */
  resetMs: number
}

/**
 * The port to what is left of every limit. Synchronous, so that nothing can come between a decision and what follows
 * from it: limits that several processes share are to be leased in advance, a part to each.
 * Times are milliseconds of a clock that never jumps.
 */
export interface RateLimiter {
  /**
   * Takes from all limits or from none. More than a minute's worth is let through by a full bucket, because it would
   * never be otherwise.
   */
  take(limits: readonly RateLimit[], amounts: Amounts, nowMs: number): Taken
  /** Puts what was really used in the place of what was taken; the difference may be owed. */
  settle(limits: readonly RateLimit[], takenTokens: number, usedTokens: number, nowMs: number): void
  /** Of the limit of which the smallest part is left; undefined where none bounds the unit. */
  standing(limits: readonly RateLimit[], unit: RateUnit, nowMs: number): RateStanding | undefined
}

interface Bucket {
  /** What may be taken; below 0 while something is owed. */
  level: number
  /** At which time. */
  atMs: number
  perMinute: number
}

const MINUTE_MS = 60_000
/** Of a megabyte or so; buckets that are full again are as good as none. */
const MOST_BUCKETS = 10_000
const UNITS: readonly RateUnit[] = ['requests', 'tokens']

/** Of one process, and forgotten with it. */
export class MemoryRateLimiter implements RateLimiter {
  readonly #buckets: Readonly<Record<RateUnit, Map<string, Bucket>>> = {
    requests: new Map(),
    tokens: new Map(),
  }

  take(limits: readonly RateLimit[], amounts: Amounts, nowMs: number): Taken {
    const touched: { bucket: Bucket; amount: number }[] = []
    let refused: Extract<Taken, { kind: 'refused' }> | undefined
    for (const limit of limits) {
      for (const unit of UNITS) {
        const bucket = amounts[unit] > 0 ? this.#filled(limit, unit, nowMs) : undefined
        if (bucket === undefined) continue
        const { perMinute, level } = bucket
        const amount = Math.min(amounts[unit], perMinute)
        touched.push({ bucket, amount })
        const retryAfterMs = ((amount - level) / perMinute) * MINUTE_MS
        if (retryAfterMs > (refused?.retryAfterMs ?? 0)) {
          refused = { kind: 'refused', limit, unit, perMinute, retryAfterMs }
        }
      }
    }
    if (refused !== undefined) return refused
    for (const { bucket, amount } of touched) bucket.level -= amount
    return { kind: 'allowed' }
  }

  settle(limits: readonly RateLimit[], takenTokens: number, usedTokens: number, nowMs: number): void {
    for (const limit of limits) {
      const bucket = this.#filled(limit, 'tokens', nowMs)
      if (bucket === undefined) continue
      const { level, perMinute } = bucket
      bucket.level = Math.min(perMinute, level + Math.min(takenTokens, perMinute) - usedTokens)
    }
  }

  standing(limits: readonly RateLimit[], unit: RateUnit, nowMs: number): RateStanding | undefined {
    let least: Bucket | undefined
    for (const limit of limits) {
      const bucket = this.#filled(limit, unit, nowMs)
      if (bucket !== undefined && (least === undefined || share(bucket) < share(least))) least = bucket
    }
    if (least === undefined) return undefined
    const { level, perMinute } = least
    return {
      perMinute,
      remaining: Math.max(0, Math.floor(level)),
      resetMs: ((perMinute - level) / perMinute) * MINUTE_MS,
    }
  }

  /** The bucket as it stands now; undefined where the limit does not bound the unit. */
  #filled(limit: RateLimit, unit: RateUnit, nowMs: number): Bucket | undefined {
    const perMinute = unit === 'requests' ? limit.requestsPerMinute : limit.tokensPerMinute
    if (perMinute === undefined) return undefined
    const buckets = this.#buckets[unit]
    let bucket = buckets.get(limit.id)
    if (bucket === undefined) {
      if (buckets.size >= MOST_BUCKETS) dropFull(buckets, nowMs)
      bucket = { level: perMinute, atMs: nowMs, perMinute }
      buckets.set(limit.id, bucket)
      return bucket
    }
    bucket.perMinute = perMinute
    bucket.level = levelAt(bucket, nowMs)
    bucket.atMs = nowMs
    return bucket
  }
}

function levelAt({ level, atMs, perMinute }: Bucket, nowMs: number): number {
  return Math.min(perMinute, level + (Math.max(0, nowMs - atMs) * perMinute) / MINUTE_MS)
}

function share({ level, perMinute }: Bucket): number {
  return level / perMinute
}

function dropFull(buckets: Map<string, Bucket>, nowMs: number): void {
  for (const [id, bucket] of buckets) {
    if (levelAt(bucket, nowMs) >= bucket.perMinute) buckets.delete(id)
  }
}
