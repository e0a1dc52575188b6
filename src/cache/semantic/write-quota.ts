/** How many answers a key may have remembered in an hour: whoever floods the memory crowds others out, or poisons it. */

const MOST_AN_HOUR = 2000
const HOUR_MS = 3_600_000
/** Callers that are counted at a time. */
const MOST_CALLERS = 10_000

export class WriteQuota {
  readonly #now: () => number
  #hour = 0
  readonly #written = new Map<string, number>()

  /** @param now Unix milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** False once the caller has used up this hour's. */
  take(caller: string): boolean {
    const hour = Math.floor(this.#now() / HOUR_MS)
    if (hour !== this.#hour || this.#written.size > MOST_CALLERS) this.#written.clear()
    this.#hour = hour
    const written = this.#written.get(caller) ?? 0
    if (written >= MOST_AN_HOUR) return false
    this.#written.set(caller, written + 1)
    return true
  }
}
