/**
 * How many requests at once a replica answers without making them wait, found by how long its first chunks take: Gradient2 of
 * Netflix's concurrency-limits (https://github.com/Netflix/concurrency-limits), by windows. There the long average follows
 * the short one up, and the limit creeps up with it where a replica is overloaded for long. Here, while the limit is used, the
 * long average only falls, and what a first chunk takes unhurried is measured now and then at half the limit, as BBR does.
 */

/** Times within it are one figure: single ones tell of their prompts. */
const WINDOW_SAMPLES = 8
const LONGEST_WINDOW_MS = 1_000
/** First chunks may take this much longer than they usually do. */
const TOLERANCE = 1.5
const LEAST_GRADIENT = 0.5
const SMOOTHING = 0.2
const AVERAGING = 0.1
/** Windows of a limit that is used, from one look at half of it to the next. */
const LOOK_EACH = 64
/** What a refusal or a fault leaves of the limit. */
const AFTER_FAILURE = 0.9
const INITIAL = 8
const MOST = 1_000

/** One request's. */
export interface FirstChunk {
  firstChunkMs: number
  /** Requests under way to the replica when it was sent, itself included. */
  inFlightThen: number
  /** The replica says that requests wait in its own queue, whoever's they are. */
  isQueueing?: boolean | undefined
}

export class AdaptiveLimit {
  #limit = INITIAL
  /** What a first chunk takes where nothing waits. */
  #longMs: number | undefined
  #usedWindows = 0
  /** The limit while half of it is looked at. */
  #halved: number | undefined
  #sumMs = 0
  #samples = 0
  #mostInFlight = 0
  #isQueueing = false
  #sinceMs: number | undefined
  #failedMs = Number.NEGATIVE_INFINITY

  /** Requests at once; at least 1. */
  get limit(): number {
    return this.#halved ?? Math.max(1, Math.floor(this.#limit))
  }

  observed({ firstChunkMs, inFlightThen, isQueueing = false }: FirstChunk, nowMs: number): void {
    // Sent before half was looked at.
    if (this.#halved !== undefined && inFlightThen > this.#halved) return
    this.#sinceMs ??= nowMs
    this.#sumMs += firstChunkMs
    this.#samples++
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlightThen)
    this.#isQueueing ||= isQueueing
    const isOver = this.#samples >= WINDOW_SAMPLES || nowMs - this.#sinceMs >= LONGEST_WINDOW_MS
    if (!isOver) return
    this.#passed(this.#sumMs / this.#samples, this.#mostInFlight)
    this.#sumMs = this.#samples = this.#mostInFlight = 0
    this.#isQueueing = false
    this.#sinceMs = undefined
  }

  /** The replica refused for its load, or broke: once a second, because they come in flocks. */
  failed(nowMs: number): void {
    if (nowMs - this.#failedMs < LONGEST_WINDOW_MS) return
    this.#failedMs = nowMs
    this.#limit = Math.max(1, this.#limit * AFTER_FAILURE)
  }

  #passed(shortMs: number, inFlight: number): void {
    const longMs = this.#longMs ?? shortMs
    if (this.#halved !== undefined) {
      this.#longMs = (longMs + shortMs) / 2
      this.#halved = undefined
      this.#usedWindows = 0
      return
    }
    const isUsed = inFlight >= this.#limit / 2
    this.#longMs = isUsed && shortMs > longMs ? longMs : longMs + AVERAGING * (shortMs - longMs)
    // A limit that nobody comes near says nothing of the replica.
    if (!isUsed) return
    const gradient = Math.min(1, Math.max(LEAST_GRADIENT, (TOLERANCE * longMs) / Math.max(shortMs, 0.001)))
    // More would only wait where others do already.
    const growth = this.#isQueueing ? 0 : Math.sqrt(this.#limit) / 2
    const next = this.#limit * gradient + growth
    this.#limit = Math.min(MOST, Math.max(1, (1 - SMOOTHING) * this.#limit + SMOOTHING * next))
    if (++this.#usedWindows >= LOOK_EACH) this.#halved = Math.max(1, Math.floor(this.#limit / 2))
  }
}
