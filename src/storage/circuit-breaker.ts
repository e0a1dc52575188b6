/** Stops asking what does not answer: after so many failures in a row nobody asks for a while, then one tries. */
export class CircuitBreaker {
  readonly #mostFailures: number
  readonly #pauseMs: number
  #failures = 0
  #closedAgainAtMs = 0
  #trying = false

  constructor(mostFailures: number, pauseMs: number) {
    this.#mostFailures = mostFailures
    this.#pauseMs = pauseMs
  }

  get open(): boolean {
    return this.#failures >= this.#mostFailures
  }

  /** Whether to ask now; whoever gets a yes must say how it went. */
  mayAsk(nowMs: number): boolean {
    if (!this.open) return true
    if (this.#trying || nowMs < this.#closedAgainAtMs) return false
    this.#trying = true
    return true
  }

  /** @returns whether it was open until now */
  succeeded(): boolean {
    const wasOpen = this.open
    this.#failures = 0
    this.#trying = false
    return wasOpen
  }

  /** @returns whether it has just opened */
  failed(nowMs: number): boolean {
    const wasOpen = this.open
    this.#failures++
    this.#trying = false
    if (this.open) this.#closedAgainAtMs = nowMs + this.#pauseMs
    return this.open && !wasOpen
  }

  /** It was not asked to the end: neither good nor bad. */
  gaveUp(): void {
    this.#trying = false
  }
}
