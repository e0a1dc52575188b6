/** Two attempts for one request: whose first content comes first answers it, and the other one is given up. */

export interface Runner {
  /** The other one was first. */
  lost(): void
}

export class Race {
  readonly #runners: Runner[] = []
  readonly #sinceMs: number
  readonly #elapsedMs: () => number
  #winner: Runner | undefined
  #decided: (() => void) | undefined
  /** Until the first content of either, in milliseconds. */
  tookMs: number | undefined

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs
    this.#sinceMs = elapsedMs()
  }

  /** False where it is decided already. */
  join(runner: Runner): boolean {
    if (this.#winner !== undefined) return false
    this.#runners.push(runner)
    return true
  }

  firstContent(runner: Runner): void {
    if (this.#winner !== undefined) return
    this.#winner = runner
    this.tookMs = this.#elapsedMs() - this.#sinceMs
    this.#decided?.()
    for (const other of this.#runners) if (other !== runner) other.lost()
  }

  /** True where neither content nor `end` came in time. */
  isLate(withinMs: number, end: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), withinMs)
      const inTime = (): void => {
        clearTimeout(timer)
        resolve(false)
      }
      this.#decided = inTime
      if (this.#winner !== undefined) inTime()
      end.then(inTime, inTime)
    })
  }
}
