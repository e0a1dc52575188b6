/** How long a replica takes to a first chunk, per token of prefill that this waits for: a peak EWMA (Finagle's, as in tower). */

/** Finagle's 10 s is for answers of milliseconds: those of models are fewer. */
const DECAY_MS = 15_000
/** Below this share of what it was, a peak tells nothing any more. */
const LEAST_SHARE = 0.02

export class FirstChunkRate {
  #peakMsPerToken = 0
  #atMs = Number.NEGATIVE_INFINITY

  /** @param workTokens as `workTokens` told when it was sent */
  observed(milliseconds: number, workTokens: number, nowMs: number): void {
    const sample = milliseconds / Math.max(1, workTokens)
    const share = this.#share(nowMs)
    this.#peakMsPerToken = Math.max(sample, this.#peakMsPerToken * share + sample * (1 - share))
    this.#atMs = nowMs
  }

  /** It sinks while nothing is measured, so that a slow replica is tried again; undefined once it tells nothing any more. */
  msPerToken(nowMs: number): number | undefined {
    const share = this.#share(nowMs)
    return share < LEAST_SHARE ? undefined : this.#peakMsPerToken * share
  }

  #share(nowMs: number): number {
    return Math.exp((this.#atMs - nowMs) / DECAY_MS)
  }
}
