/**
 * What providers say is left of their rate limits, by account and model, less what was sent since: a request that would exceed
 * it goes elsewhere, or waits, rather than collect a 429.
 */
import { forgetOldest } from '../forget-oldest.ts'
import { keepKeys } from '../keep-keys.ts'
import type { HeaderList } from '../providers/transport.ts'
import { type RateReading, readRateHeaders } from './rate-headers.ts'

/** Of one replica: callers may name any. */
const MOST_MODELS = 256

interface Allowed {
  limit: number | undefined
  /** At `atMs`, less what was sent since. */
  remaining: number
  /** When all of it is there again. */
  resetAtMs: number
  atMs: number
}

interface Known {
  tokens: Allowed | undefined
  requests: Allowed | undefined
}

interface Clocks {
  /** Unix milliseconds, for a reset that is a date. */
  now(): number
  /** Milliseconds of a clock that never jumps, which the other calls are given. */
  elapsedMs(): number
}

export class RateHeadroom {
  /** By replica, then by model. */
  readonly #known = new Map<string, Map<string, Known>>()

  /** Nobody has told anything yet. */
  get isEmpty(): boolean {
    return this.#known.size === 0
  }

  /** What an answer's headers tell; most tell nothing. */
  told(replicaId: string, model: string, headers: HeaderList, clocks: Clocks): void {
    const reading = readRateHeaders(headers, clocks)
    if (reading === undefined) return
    const nowMs = clocks.elapsedMs()
    const byModel = this.#known.get(replicaId) ?? new Map<string, Known>()
    this.#known.set(replicaId, byModel)
    byModel.set(model, {
      tokens: allowed(reading.tokens, nowMs),
      requests: allowed(reading.requests, nowMs),
    })
    forgetOldest(byModel, MOST_MODELS)
  }

  keepOnly(replicaIds: ReadonlySet<string>): void {
    keepKeys(this.#known, replicaIds)
  }

  /** A request of so many tokens leaves. */
  spend(replicaId: string, model: string, tokens: number): void {
    const known = this.#known.get(replicaId)?.get(model)
    if (known?.tokens !== undefined) known.tokens.remaining -= tokens
    if (known?.requests !== undefined) known.requests.remaining -= 1
  }

  /** Until a request of so many tokens would not exceed what is left, in milliseconds; 0 where nothing is known. */
  waitMs(replicaId: string, model: string, tokens: number, nowMs: number): number {
    const known = this.#known.get(replicaId)?.get(model)
    if (known === undefined) return 0
    return Math.max(untilMs(known.tokens, tokens, nowMs), untilMs(known.requests, 1, nowMs))
  }

  /** The smallest part that is left of a limit, from 0 to 1; undefined where the provider does not tell. */
  share(replicaId: string, model: string, nowMs: number): number | undefined {
    const known = this.#known.get(replicaId)?.get(model)
    const ofTokens = shareOf(known?.tokens, nowMs)
    const ofRequests = shareOf(known?.requests, nowMs)
    if (ofTokens === undefined || ofRequests === undefined) return ofTokens ?? ofRequests
    return Math.min(ofTokens, ofRequests)
  }
}

function shareOf(it: Allowed | undefined, nowMs: number): number | undefined {
  if (it?.limit === undefined || it.limit <= 0) return undefined
  return Math.max(0, Math.min(1, leftAt(it, nowMs) / it.limit))
}

function allowed(reading: RateReading | undefined, nowMs: number): Allowed | undefined {
  if (reading === undefined) return undefined
  const { limit, remaining, resetMs } = reading
  return { limit, remaining, resetAtMs: nowMs + resetMs, atMs: nowMs }
}

/** Limits of which the provider tells the size fill evenly until all is there; of others nothing comes before. */
function leftAt({ limit, remaining, resetAtMs, atMs }: Allowed, nowMs: number): number {
  if (nowMs >= resetAtMs) return limit ?? Number.POSITIVE_INFINITY
  if (limit === undefined) return remaining
  return remaining + ((limit - remaining) * (nowMs - atMs)) / (resetAtMs - atMs)
}

function untilMs(it: Allowed | undefined, needed: number, nowMs: number): number {
  if (it === undefined || it.remaining >= needed) return 0
  const { limit, remaining, resetAtMs, atMs } = it
  if (nowMs >= resetAtMs || leftAt(it, nowMs) >= needed) return 0
  // More than the whole limit fits at no time: the provider may say so itself.
  if (limit === undefined || needed >= limit) return resetAtMs - nowMs
  return Math.ceil(atMs + ((needed - remaining) / (limit - remaining)) * (resetAtMs - atMs) - nowMs)
}
