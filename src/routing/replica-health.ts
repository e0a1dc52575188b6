/** Which replicas asked for a pause, and which one a request goes to. */
import type { Provider, Replica } from '../providers/provider.ts'

export class ReplicaHealth {
  readonly #coolingUntilMs = new Map<string, number>()
  #turn = 0

  /** `untilMs` on the clock that is passed to `choose`. */
  coolDown(replicaId: string, untilMs: number): void {
    this.#coolingUntilMs.set(replicaId, untilMs)
  }

  recovered(replicaId: string): void {
    this.#coolingUntilMs.delete(replicaId)
  }

  /** False where every replica of a provider is pausing. */
  isAvailable(provider: Provider, nowMs: number): boolean {
    return provider.replicas.some((replica) => !this.isCooling(replica.id, nowMs))
  }

  /**
   * The replica with the fewest requests under way, in turn where they tie. Those that pause, or that this
   * request tried already, come last: when all do, one is asked all the same.
   */
  choose(
    provider: Provider,
    situation: {
      nowMs: number
      inFlight: (replicaId: string) => number
      tried: ReadonlySet<string>
      /** Where a replica is preferred, as long as it has a slot. */
      session?: { preference(replica: Replica, provider: Provider): number } | undefined
    },
  ): Replica {
    const { replicas } = provider
    const [only] = replicas
    if (replicas.length === 1 && only) return only
    this.#turn = (this.#turn + 1) % replicas.length
    const rotated = [...replicas.slice(this.#turn), ...replicas.slice(0, this.#turn)]
    const rank = (replica: Replica): number =>
      (this.isCooling(replica.id, situation.nowMs) ? 2e6 : 0) +
      (situation.tried.has(replica.id) ? 1e6 : 0) +
      this.#load(replica, provider, situation)
    return rotated.reduce((best, replica) => (rank(replica) < rank(best) ? replica : best))
  }

  /** Beyond every load where a session would rather be elsewhere. */
  #load(replica: Replica, provider: Provider, { inFlight, session }: Parameters<ReplicaHealth['choose']>[1]) {
    const load = inFlight(replica.id)
    if (session === undefined || load >= (provider.maxInFlight ?? Number.POSITIVE_INFINITY)) return load
    return load - 1e5 * session.preference(replica, provider)
  }

  isCooling(replicaId: string, nowMs: number): boolean {
    const until = this.#coolingUntilMs.get(replicaId)
    if (until === undefined) return false
    if (until > nowMs) return true
    this.#coolingUntilMs.delete(replicaId)
    return false
  }
}
