/**
 * How many requests at once a replica answers without making them wait, found by how long its first chunks take: Gradient2 of
 * Netflix's concurrency-limits (https://github.com/Netflix/concurrency-limits), by windows. There the long average follows
 * the short one up, and the limit creeps up with it where a replica is overloaded for long: here it rises 50 times slower
 * than it falls.
 */

/** Times within it are one figure: single ones tell of their prompts. */
const WINDOW_SAMPLES = 8
const LONGEST_WINDOW_MS = 1_000
/** First chunks may take this much longer than they usually do. */
const TOLERANCE = 1.5
const LEAST_GRADIENT = 0.5
const SMOOTHING = 0.2
const FALLING = 0.1
const RISING = 0.002
/** What a refusal or a fault leaves of the limit. */
const AFTER_FAILURE = 0.9
const INITIAL = 8
const MOST = 1_000

export class AdaptiveLimit {
  #limit = INITIAL
  #longMs: number | undefined
  #sumMs = 0
  #samples = 0
  #mostInFlight = 0
  #sinceMs: number | undefined
  #failedMs = Number.NEGATIVE_INFINITY

  /** Requests at once; at least 1. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit))
  }

  /** @param inFlightThen requests under way to the replica when this one was sent, itself included */
  observed(firstChunkMs: number, inFlightThen: number, nowMs: number): void {
    this.#sinceMs ??= nowMs
    this.#sumMs += firstChunkMs
    this.#samples++
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlightThen)
    const isOver = this.#samples >= WINDOW_SAMPLES || nowMs - this.#sinceMs >= LONGEST_WINDOW_MS
    if (!isOver) return
    this.#update(this.#sumMs / this.#samples, this.#mostInFlight)
    this.#sumMs = this.#samples = this.#mostInFlight = 0
    this.#sinceMs = undefined
  }

  /** The replica refused for its load, or broke: once a second, because they come in flocks. */
  failed(nowMs: number): void {
    if (nowMs - this.#failedMs < LONGEST_WINDOW_MS) return
    this.#failedMs = nowMs
    this.#limit = Math.max(1, this.#limit * AFTER_FAILURE)
  }

  #update(shortMs: number, inFlight: number): void {
    const before = this.#longMs ?? shortMs
    // As Gradient2: what was measured under a load that is gone is soon forgotten.
    const isStale = before > 2 * shortMs
    const longMs = before + (shortMs < before ? FALLING : RISING) * (shortMs - before)
    this.#longMs = isStale ? 0.95 * longMs : longMs
    const gradient = Math.min(1, Math.max(LEAST_GRADIENT, (TOLERANCE * before) / Math.max(shortMs, 0.001)))
    // A limit that nobody comes near says nothing of the replica.
    if (gradient === 1 && inFlight < this.#limit / 2) return
    const next = this.#limit * gradient + Math.sqrt(this.#limit) / 2
    this.#limit = Math.min(MOST, Math.max(1, (1 - SMOOTHING) * this.#limit + SMOOTHING * next))
  }
}
