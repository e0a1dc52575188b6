/** What is under way to all replicas, by their ids; of one that configuration no longer names, until nothing is. */
import { ReplicaLoad } from './replica-load.ts'

export class ReplicaLoads {
  readonly #byId = new Map<string, ReplicaLoad>()
  /** Undefined until providers are configured anew. */
  #present: ReadonlySet<string> | undefined

  /** Undefined where it was never asked. */
  find(replicaId: string): ReplicaLoad | undefined {
    return this.#byId.get(replicaId)
  }

  made(replicaId: string): ReplicaLoad {
    const found = this.#byId.get(replicaId)
    if (found !== undefined) return found
    const made = new ReplicaLoad()
    this.#byId.set(replicaId, made)
    return made
  }

  /** Others than these are no more. */
  keepOnly(replicaIds: ReadonlySet<string>): void {
    this.#present = replicaIds
    for (const id of this.#byId.keys()) this.forgetGone(id)
  }

  /** To be called when a request to it has ended. */
  forgetGone(replicaId: string): void {
    if (this.#present?.has(replicaId) === false && this.find(replicaId)?.inFlight === 0)
      this.#byId.delete(replicaId)
  }
}
