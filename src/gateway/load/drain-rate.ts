/** How fast a queue drains, and how long its requests then take: what a wait is forecast from. */

/** What was longer ago counts e times less. */
const MEMORY_MS = 10_000
const LEAST_SERVED = 3

export class DrainRate {
  #served = 0
  /** Time with requests waiting, as `#served` counts it. */
  #busyMs = 0
  #lastMs: number | undefined
  #stayMs: number | undefined

  /** The first one waits. */
  begins(nowMs: number): void {
    this.#lastMs ??= nowMs
  }

  /** One that waited was served; `isEmpty`: nobody waits now. */
  served(nowMs: number, isEmpty: boolean): void {
    this.#pass(nowMs)
    this.#served++
    if (isEmpty) this.#lastMs = undefined
  }

  /** Nobody waits any more, though nobody was served. */
  emptied(nowMs: number): void {
    this.#pass(nowMs)
    this.#lastMs = undefined
  }

  /** How long one held its slot. */
  stayed(ms: number): void {
    this.#stayMs = this.#stayMs === undefined ? ms : this.#stayMs + 0.1 * (ms - this.#stayMs)
  }

  /** Requests a second; undefined where too little is known. */
  get perSecond(): number | undefined {
    return this.#served < LEAST_SERVED || this.#busyMs <= 0 ? undefined : (1000 * this.#served) / this.#busyMs
  }

  /** Until the slot, with so many ahead, in milliseconds; undefined where too little is known. */
  waitMs(ahead: number): number | undefined {
    const { perSecond } = this
    return perSecond === undefined ? undefined : (1000 * (ahead + 1)) / perSecond
  }

  /** How long one usually holds its slot, in milliseconds; 0 where it is not known. */
  get usualStayMs(): number {
    return this.#stayMs ?? 0
  }

  #pass(nowMs: number): void {
    if (this.#lastMs === undefined) return
    const passedMs = nowMs - this.#lastMs
    const kept = Math.exp(-passedMs / MEMORY_MS)
    this.#served *= kept
    this.#busyMs = this.#busyMs * kept + passedMs
    this.#lastMs = nowMs
  }
}
