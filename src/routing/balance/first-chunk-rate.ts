/** How long a replica takes to a first chunk, per token of prefill that this waits for: a peak EWMA (Finagle's, as in tower). */

/** Finagle's 10 s is for answers of milliseconds: those of models are fewer. */
const DECAY_MS = 15_000
/** Below this share of what it was, a peak tells nothing any more. */
const LEAST_SHARE = 0.02
/** Of what earlier requests say of the usual rate, at each that comes. */
const KEPT_SHARE = 0.9
/** So long it is told as it was: a peak sinks by less than a hundredth. */
const TOLD_MS = 100

export class FirstChunkRate {
  #peakMsPerToken = 0
  #atMs = Number.NEGATIVE_INFINITY
  /** Of the usual: large prefills tell most, as what every request takes is little of them. */
  #milliseconds = 0
  #tokens = 0
  /** As it was told last, and until when that will do. */
  #told: number | undefined
  #toldUntilMs = Number.NEGATIVE_INFINITY

  /** @param workTokens as `workTokens` told when it was sent */
  observed(milliseconds: number, workTokens: number, nowMs: number): void {
    const tokens = Math.max(1, workTokens)
    const sample = milliseconds / tokens
    const share = this.#share(nowMs)
    this.#peakMsPerToken = Math.max(sample, this.#peakMsPerToken * share + sample * (1 - share))
    this.#atMs = nowMs
    this.#toldUntilMs = Number.NEGATIVE_INFINITY
    this.#milliseconds = this.#milliseconds * KEPT_SHARE + milliseconds
    this.#tokens = this.#tokens * KEPT_SHARE + tokens
  }

  /**
   * It sinks to what is usual while nothing is measured (to nothing, as Finagle's does, and whoever is idle would seem to prefill
   * any prompt at once), and is undefined once it is old, so that a slow replica is tried again.
   */
  msPerToken(nowMs: number): number | undefined {
    // Every choice asks it of every replica.
    if (nowMs >= this.#toldUntilMs) {
      this.#told = this.#msPerTokenAt(nowMs)
      this.#toldUntilMs = nowMs + TOLD_MS
    }
    return this.#told
  }

  #msPerTokenAt(nowMs: number): number | undefined {
    const share = this.#share(nowMs)
    if (share < LEAST_SHARE) return undefined
    const usual = this.#milliseconds / this.#tokens
    return usual + (this.#peakMsPerToken - usual) * share
  }

  #share(nowMs: number): number {
    return Math.exp((this.#atMs - nowMs) / DECAY_MS)
  }
}
