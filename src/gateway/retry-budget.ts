/** Holds retries back to a share of traffic, so that a failing provider is not hit harder for failing (as gRPC's retry throttling does). */

const RETRIES_PER_REQUEST = 0.2
/** A quiet installation may retry this often before the share counts. */
const MOST_SAVED = 10

export class RetryBudget {
  readonly #saved = new Map<string, number>()

  /** Counts a first attempt on a provider. */
  deposit(provider: string): void {
    this.#saved.set(provider, Math.min(MOST_SAVED, this.#of(provider) + RETRIES_PER_REQUEST))
  }

  /** True where a retry may be made; counts it. */
  withdraw(provider: string): boolean {
    const saved = this.#of(provider)
    if (saved < 1) return false
    this.#saved.set(provider, saved - 1)
    return true
  }

  #of(provider: string): number {
    return this.#saved.get(provider) ?? MOST_SAVED
  }
}
