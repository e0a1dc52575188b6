/** How often a program has ended, and so how long the next start waits and whether it is worth waiting for. */

const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 30_000
/** Who was ready for so long has started well: its end is a new trouble. */
const SOUND_MS = 60_000
/** Who was ready before may be killed while it loads: that much is no fault of its own. */
const MOST_FAILED_STARTS = 2

export class StartFailures {
  #inARow = 0
  /** Since it was last ready. */
  #failedStarts = 0
  #wasReady = false

  wasReady(): void {
    this.#wasReady = true
  }

  /**
   * It ended after it had been ready for `readyMs`. The pause grows, with full jitter (`random` in [0, 1)); what was ready
   * before is worth waiting for until two starts in a row came to nothing.
   */
  count(readyMs: number, random: number): { pauseMs: number; isWorthWaiting: boolean } {
    this.#inARow = readyMs >= SOUND_MS ? 1 : this.#inARow + 1
    this.#failedStarts = readyMs > 0 ? 0 : this.#failedStarts + 1
    return {
      pauseMs: random * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#inARow - 1)),
      isWorthWaiting: this.#wasReady && this.#failedStarts < MOST_FAILED_STARTS,
    }
  }
}
