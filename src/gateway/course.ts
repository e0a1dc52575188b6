/** Whom a request moves on to: the next target after a fault, the next tier after an answer that does not suffice. */
import { type Fault, fallsOver, fallsOverAt } from './fault.ts'
import type { Journey } from './journey.ts'
import type { Target } from './outbound.ts'
import { NO_TIER, tierRanks } from './tier-ranks.ts'

export class Course {
  readonly #journey: Journey
  readonly #targets: readonly Target[]
  /** Place of each target's tier; undefined until an answer is judged. */
  #ranks: readonly number[] | undefined
  /** Tiers before this place have answered, and not well enough. */
  #least = 0

  /** @param targets in the order in which they are tried */
  constructor(journey: Journey, targets: readonly Target[]) {
    this.#journey = journey
    this.#targets = targets
  }

  /** Index of the target that is asked after this one; undefined for none. */
  after(index: number, it: Fault): number | undefined {
    const { stop, policy, isDegraded } = this.#journey
    if (stop.reason !== undefined) return undefined
    if (it.kind === 'insufficient') {
      if (isDegraded) return undefined
      const rank = this.#rankOf(index)
      return rank === NO_TIER ? undefined : this.#next(index, rank + 1)
    }
    return fallsOver(policy.fallback.on, it) ? this.#next(index, this.#least) : undefined
  }

  /**
   * Index of the target that is asked where this one has no room; undefined for none. A full queue is what its refusal would
   * be told with, and another model of the same provider would wait in the same one.
   */
  withoutRoom(index: number, status: number): number | undefined {
    const { stop, policy } = this.#journey
    if (stop.reason !== undefined || !fallsOverAt(policy.fallback.on, status)) return undefined
    const full = this.#targets[index]?.provider.name
    let next = this.#next(index, this.#least)
    while (next !== undefined && this.#targets[next]?.provider.name === full)
      next = this.#next(next, this.#least)
    return next
  }

  /** The target's tier has answered, and not well enough: what falls over later does not come back to it. */
  escalated(index: number): void {
    this.#least = this.#rankOf(index) + 1
  }

  #next(index: number, least: number): number | undefined {
    for (let next = index + 1; next < this.#targets.length; next++) {
      if (least === 0 || this.#rankOf(next) >= least) return next
    }
    return undefined
  }

  #rankOf(index: number): number {
    const { policy, entry } = this.#journey
    this.#ranks ??= tierRanks(
      this.#targets.map(({ tier }) => tier),
      entry.opened.rule,
      policy,
    )
    return this.#ranks[index] ?? NO_TIER
  }
}
