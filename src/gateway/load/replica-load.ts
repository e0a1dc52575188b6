/** What is under way to one replica, by lane, and how much it takes at once. */
import type { Lane } from '../../providers/provider.ts'
import { AdaptiveLimit } from '../../routing/adaptive-limit.ts'
import type { Claim } from './claim.ts'

export class ReplicaLoad {
  inFlight = 0
  readonly #byLane: Record<Lane, number> = { text: 0, image: 0, audio: 0 }
  readonly #adaptive: Partial<Record<Lane, AdaptiveLimit>> = {}

  add(lane: Lane, change: number): void {
    this.inFlight += change
    this.#byLane[lane] += change
  }

  /** `bound` is the provider's, `concurrency` the policy's; undefined: none. */
  hasRoom(lane: Lane, bound: number | undefined, concurrency: Claim['concurrency']): boolean {
    const ofPolicy = concurrency === 'adaptive' ? this.adaptive(lane).limit : concurrency
    return this.#isBelow(lane, bound) && this.#isBelow(lane, ofPolicy)
  }

  #isBelow(lane: Lane, bound: number | undefined): boolean {
    return bound === undefined || this.#byLane[lane] < bound
  }

  inFlightOf(lane: Lane): number {
    return this.#byLane[lane]
  }

  /** Found by requests whose policy asks for it. */
  adaptive(lane: Lane): AdaptiveLimit {
    this.#adaptive[lane] ??= new AdaptiveLimit()
    return this.#adaptive[lane]
  }

  /** Undefined where no policy asked for one. */
  adaptiveLimitOf(lane: Lane): number | undefined {
    return this.#adaptive[lane]?.limit
  }
}
