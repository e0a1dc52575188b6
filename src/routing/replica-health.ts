/** Which replicas asked for a pause. */
import type { Provider, Replica } from '../providers/provider.ts'

export class ReplicaHealth {
  readonly #coolingUntilMs = new Map<string, number>()

  /** `untilMs` on the clock that is passed to `isCooling`. */
  coolDown(replicaId: string, untilMs: number): void {
    this.#coolingUntilMs.set(replicaId, untilMs)
  }

  recovered(replicaId: string): void {
    this.#coolingUntilMs.delete(replicaId)
  }

  /** False where every replica of a provider is pausing. */
  isAvailable(provider: Provider, nowMs: number): boolean {
    return provider.replicas.some((replica) => !this.isCooling(replica, nowMs))
  }

  /** It asked for a pause. */
  isCooling(replica: Replica, nowMs: number): boolean {
    const until = this.#coolingUntilMs.get(replica.id)
    if (until === undefined) return false
    if (until > nowMs) return true
    this.#coolingUntilMs.delete(replica.id)
    return false
  }
}
