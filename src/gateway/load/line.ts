/** The requests that wait for a slot on any replica of a provider, in one lane. */
import { hasSameLanes, type Lane, type Provider, type Replica } from '../../providers/provider.ts'
import type { Claim } from './claim.ts'
import { DrainRate } from './drain-rate.ts'
import { FairQueue, type Queued } from './fair-queue.ts'
import type { Refusal } from './slot.ts'

export interface Waiting extends Queued {
  claim: Claim
  serve(replica: Replica): void
  /** Another has its place, or its time is up. */
  refuse(why: Refusal): void
}

/** Of each request besides its prompt: an answer takes a while however short the prompt is. */
const ANSWER_TOKENS = 512
const LONGEST_RETRY_AFTER_SECONDS = 120
/** Providers may wish for longer pauses than timers last. */
const LONGEST_SLEEP_MS = 60_000

export class Line {
  readonly lane: Lane
  readonly queue = new FairQueue<Waiting>()
  readonly drain = new DrainRate()

  #provider: Provider
  #wakesAtMs = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(provider: Provider, lane: Lane) {
    this.#provider = provider
    this.lane = lane
  }

  /** As it is configured. */
  get provider(): Provider {
    return this.#provider
  }

  /** Unless somebody waits who came when it had other lanes: a slot in one of those would be counted where nobody looks. */
  adopt(provider: Provider): void {
    if (this.queue.size === 0 || hasSameLanes(provider, this.#provider)) this.#provider = provider
  }

  /**
   * Until a newcomer would have a slot, in milliseconds, where enough is known: the queue drains as it did lately, and
   * nobody comes that is served before it.
   */
  waitMs(claim: Claim): number | undefined {
    return this.drain.waitMs(this.queue.aheadOf(claim))
  }

  /** It could not be answered in time, even if it waited. */
  isHopeless(claim: Claim, nowMs: number): boolean {
    const waitMs = this.waitMs(claim)
    return waitMs !== undefined && nowMs + waitMs + this.drain.usualStayMs > claim.untilMs
  }

  /** It has waited so long that a slot would be wasted on it. */
  isTooLate({ untilMs }: Claim, nowMs: number): boolean {
    return nowMs + this.drain.usualStayMs > untilMs
  }

  /** Calls back when somebody may have room, unless that is done earlier; never, where no time is known. */
  wakeAt(atMs: number | undefined, nowMs: number, wake: () => void): void {
    if (atMs === undefined || atMs >= this.#wakesAtMs) return
    clearTimeout(this.#timer)
    this.#wakesAtMs = atMs
    const rung = (): void => {
      this.#wakesAtMs = Number.POSITIVE_INFINITY
      wake()
    }
    this.#timer = setTimeout(rung, Math.min(LONGEST_SLEEP_MS, atMs - nowMs))
  }

  /** Nobody waits any more, though nobody was served. */
  emptied(nowMs: number): void {
    this.drain.emptied(nowMs)
    this.rest()
  }

  /** Nobody waits any more: there is nobody to wake. */
  rest(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#wakesAtMs = Number.POSITIVE_INFINITY
  }

  /** When it may come again; `isLate`: it would be answered too late. Undefined where too little is known. */
  retryAfterSeconds(claim: Claim, isLate: boolean, nowMs: number): number | undefined {
    const waitMs = this.waitMs(claim)
    if (waitMs === undefined) return undefined
    // Whoever would be too late comes again when it would not be.
    const patienceMs = isLate ? Math.max(0, claim.untilMs - nowMs - this.drain.usualStayMs) : 0
    const seconds = Math.ceil((waitMs - patienceMs) / 1000)
    return Math.min(LONGEST_RETRY_AFTER_SECONDS, Math.max(1, seconds))
  }
}

export function costOf({ uncachedTokens }: Claim): number {
  return ANSWER_TOKENS + Math.max(0, uncachedTokens)
}
