/** Tells of a fault that repeats: when it begins, once a minute while it lasts or comes back, and when it is over. */

interface FaultLogParts {
  /** Unix milliseconds. */
  now: () => number
  say: (message: string) => void
}

const REPEAT_MS = 60_000

export class FaultLog {
  readonly #parts: FaultLogParts
  /** Failures that were not told. */
  #silent = 0
  #saidAt = Number.NEGATIVE_INFINITY
  #isTold = false

  constructor(parts: FaultLogParts) {
    this.#parts = parts
  }

  /** `message` is a whole sentence, whose figures may differ each time. */
  failed(message: string): void {
    const now = this.#parts.now()
    // Also by a clock that was set back.
    if (Math.abs(now - this.#saidAt) < REPEAT_MS) {
      this.#silent++
      return
    }
    const times = this.#silent === 0 ? '' : ` So it was ${this.#silent} times more since this was last said.`
    this.#saidAt = now
    this.#silent = 0
    this.#isTold = true
    this.#parts.say(`${message}${times}`)
  }

  /** To be called whenever it works; says so where the fault was told. */
  worked(message: string): void {
    if (!this.#isTold) return
    this.#isTold = false
    this.#parts.say(message)
  }
}
