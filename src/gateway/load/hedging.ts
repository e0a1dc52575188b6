/** When a second one is asked beside the first, and how often: after the 95th percentile of first chunks, for a twentieth of tokens. */

const TOKEN_SHARE = 0.05
/** What may be saved up for later, or room for two such requests where these are larger. */
const MOST_SAVED_TOKENS = 50_000
const PERCENTILE = 0.95
const KEPT = 128
const LEAST = 20
/** Sorted again after so many. */
const STALE_AFTER = 8
/** Of as many targets as are asked at all. */
const MOST_TARGETS = 1_000

interface Times {
  readonly ms: number[]
  next: number
  percentileMs: number | undefined
  since: number
}

export class Hedging {
  readonly #times = new Map<string, Times>()
  #savedTokens = 0

  /** A request of so many tokens is asked once. */
  deposit(tokens: number): void {
    const most = Math.max(MOST_SAVED_TOKENS, 2 * tokens)
    this.#savedTokens = Math.min(most, this.#savedTokens + TOKEN_SHARE * tokens)
  }

  /** True where it may be asked a second time; counts it. */
  withdraw(tokens: number): boolean {
    if (this.#savedTokens < tokens) return false
    this.#savedTokens -= tokens
    return true
  }

  /** Of the second, which was not asked after all. */
  giveBack(tokens: number): void {
    this.#savedTokens += tokens
  }

  /** @param isKept of a target */
  keepOnly(isKept: (target: string) => boolean): void {
    for (const target of this.#times.keys()) if (!isKept(target)) this.#times.delete(target)
  }

  /** How long a first chunk took, or at least took. */
  observed(target: string, ms: number): void {
    const times = this.#times.get(target) ?? this.#begun(target)
    times.ms[times.next++ % KEPT] = ms
    times.since++
  }

  /** After how long without content a second one is asked; undefined where too little is known. */
  delayMs(target: string): number | undefined {
    const times = this.#times.get(target)
    if (times === undefined || times.ms.length < LEAST) return undefined
    if (times.percentileMs === undefined || times.since >= STALE_AFTER) {
      const sorted = [...times.ms].sort((left, right) => left - right)
      times.percentileMs = sorted[Math.ceil(PERCENTILE * sorted.length) - 1]
      times.since = 0
    }
    return times.percentileMs
  }

  #begun(target: string): Times {
    const [oldest] = this.#times.keys()
    if (this.#times.size >= MOST_TARGETS && oldest !== undefined) this.#times.delete(oldest)
    const times: Times = { ms: [], next: 0, percentileMs: undefined, since: 0 }
    this.#times.set(target, times)
    return times
  }
}
