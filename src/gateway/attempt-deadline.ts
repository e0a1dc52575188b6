/** Watches one attempt: for its first content, then for the gaps between its chunks. */
import type { Limits } from '../policy/policy.ts'

export type Lateness = 'first_chunk' | 'between_chunks'

/** One timer, re-armed only when it rings: a stream's chunks just note the time. */
export class AttemptDeadline {
  readonly #limits: Limits
  readonly #elapsedMs: () => number
  readonly #late: (which: Lateness) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #begun = false
  #lastChunkMs = 0
  #paused = false

  constructor(limits: Limits, elapsedMs: () => number, late: (which: Lateness) => void) {
    this.#limits = limits
    this.#elapsedMs = elapsedMs
    this.#late = late
  }

  start(): void {
    this.#timer = setTimeout(this.#ring, this.#limits.firstChunkMs)
  }

  /** Content, not just bytes: a server that only pings has not begun to answer. */
  firstContent(): void {
    this.#begun = true
    // The first timer rings in time for a gap that may be as long; most answers end before either.
    if (this.#limits.betweenChunksMs >= this.#limits.firstChunkMs) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#ring, this.#limits.betweenChunksMs)
  }

  chunk(): void {
    this.#lastChunkMs = this.#elapsedMs()
  }

  /** A caller that reads slowly pauses the provider: the wait is not the provider's. */
  pause(paused: boolean): void {
    this.#paused = paused
    if (!paused) this.chunk()
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  /** A process that was busy when it rang reads first what has come: that is not late. */
  readonly #ring = (): void => {
    this.#timer = setTimeout(this.#judge, 0)
  }

  readonly #judge = (): void => {
    if (!this.#begun) return this.#late('first_chunk')
    const idleMs = this.#paused ? 0 : this.#elapsedMs() - this.#lastChunkMs
    if (idleMs >= this.#limits.betweenChunksMs) return this.#late('between_chunks')
    this.#timer = setTimeout(this.#ring, this.#limits.betweenChunksMs - idleMs)
  }
}
