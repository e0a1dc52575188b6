/** Holds retries back to a share of traffic, so that a failing provider is not hit harder for failing (as gRPC's retry throttling does). */
import { keepKeys } from '../keep-keys.ts'
import type { Provider } from '../providers/provider.ts'

const RETRIES_PER_REQUEST = 0.2
/** A quiet installation may retry this often, for each replica, before the share counts: what was under way to one may all fail. */
const MOST_SAVED = 10

export class RetryBudget {
  readonly #saved = new Map<string, number>()

  /** Counts a first attempt on a provider. */
  deposit({ name, replicas }: Pick<Provider, 'name' | 'replicas'>): void {
    const most = MOST_SAVED * replicas.length
    this.#saved.set(name, Math.min(most, (this.#saved.get(name) ?? most) + RETRIES_PER_REQUEST))
  }

  /** True where a retry may be made; counts it. */
  withdraw(provider: string): boolean {
    const saved = this.#of(provider)
    if (saved < 1) return false
    this.#saved.set(provider, saved - 1)
    return true
  }

  keepOnly(providers: ReadonlySet<string>): void {
    keepKeys(this.#saved, providers)
  }

  #of(provider: string): number {
    return this.#saved.get(provider) ?? MOST_SAVED
  }
}
