/** Which replicas are asked: not those that wished for a pause, that fail, or that are far slower than their peers. */
import { keepKeys } from '../keep-keys.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import { type BreakerState, ReplicaBreaker, type ReplicaOutcome } from './replica-breaker.ts'
import { SlowReplicas, type Waiting } from './slow-replicas.ts'

/** One request under way to a replica. */
export interface Asked extends Waiting {
  readonly provider: Provider
  readonly replica: Replica
  /** A stream's first chunk comes long before a whole answer would. */
  readonly stream: boolean
  /** It shows whether the replica is well again. */
  readonly isProbe: boolean
  /** Its breaker knows already that it went well. */
  isCounted: boolean
}

/** Peers are compared this often at most. */
const COMPARED_EACH_MS = 250

export class ReplicaHealth {
  readonly #coolingUntilMs = new Map<string, number>()
  /** Of replicas that had a fault lately. */
  readonly #breakers = new Map<string, ReplicaBreaker>()
  readonly #streams = new SlowReplicas()
  readonly #wholes = new SlowReplicas()
  /** By provider. */
  readonly #comparedMs = new Map<string, number>()
  #heard: ((provider: Provider) => void) | undefined

  /** Called back where one of a provider's replicas that was left out may be asked again, because of how a request to it went. */
  listen(heard: (provider: Provider) => void): void {
    this.#heard = heard
  }

  /** As its provider wishes; `untilMs` on the clock that is passed to `state`. */
  coolDown(replicaId: string, untilMs: number): void {
    this.#coolingUntilMs.set(replicaId, untilMs)
  }

  recovered(replicaId: string): void {
    this.#coolingUntilMs.delete(replicaId)
  }

  /** Others are no more, and what comes of requests still under way there is kept only until the next call. */
  keepOnly(replicaIds: ReadonlySet<string>, providers: ReadonlySet<string>): void {
    keepKeys(this.#coolingUntilMs, replicaIds)
    keepKeys(this.#breakers, replicaIds)
    keepKeys(this.#comparedMs, providers)
    this.#streams.keepOnly(replicaIds)
    this.#wholes.keepOnly(replicaIds)
  }

  /** `open` comes last: where all are, one is asked all the same. */
  state(replicaId: string, nowMs: number): BreakerState {
    if (this.#coolingUntilMs.size > 0 && this.#isPausing(replicaId, nowMs)) return 'open'
    return this.#breakers.get(replicaId)?.state(nowMs) ?? 'closed'
  }

  isCooling({ id }: Replica, nowMs: number): boolean {
    return this.state(id, nowMs) === 'open'
  }

  /** False where every replica of a provider is left out. */
  isAvailable(provider: Provider, nowMs: number): boolean {
    return provider.replicas.some((replica) => !this.isCooling(replica, nowMs))
  }

  /** When the next of its replicas that are left out may be asked by the time alone; undefined where none is. */
  askedAgainMs({ replicas }: Provider, nowMs: number): number | undefined {
    if (this.#coolingUntilMs.size === 0 && this.#breakers.size === 0) return undefined
    let earliest: number | undefined
    for (const { id } of replicas) {
      if (this.state(id, nowMs) !== 'open') continue
      const breaker = this.#breakers.get(id)
      const isClosed = breaker === undefined || breaker.state(nowMs) === 'closed'
      const fromMs = isClosed ? nowMs : breaker.probedFromMs
      if (fromMs === undefined) continue
      const atMs = Math.max(fromMs, this.#coolingUntilMs.get(id) ?? fromMs)
      if (earliest === undefined || atMs < earliest) earliest = atMs
    }
    return earliest
  }

  /** A request leaves for it; to be followed by `ended`. */
  began(
    provider: Provider,
    replica: Replica,
    { uncachedTokens: promptTokens, stream }: { uncachedTokens: number; stream: boolean },
    nowMs: number,
  ): Asked {
    const isProbe = this.#breakers.get(replica.id)?.began(nowMs) === true
    const asked: Asked = {
      provider,
      replica,
      stream,
      isProbe,
      promptTokens,
      sinceMs: nowMs,
      isCounted: false,
    }
    if (provider.replicas.length > 1) this.#paceOf(asked).began(replica.id, asked)
    return asked
  }

  firstChunk(asked: Asked, nowMs: number): void {
    const { provider, replica } = asked
    if (provider.replicas.length < 2 || provider.breaker === false) return
    const pace = this.#paceOf(asked)
    const breaker = this.#breakers.get(replica.id)
    if (breaker !== undefined && breaker.state(nowMs) !== 'closed') {
      const slowFromMs = pace.slowFromMs(this.#peersOf(asked), nowMs)
      const isSlow = slowFromMs !== undefined && nowMs - asked.sinceMs >= slowFromMs
      this.#tell(asked, isSlow ? 'bad' : 'well', nowMs)
    }
    pace.firstChunk(replica.id, asked, nowMs)
    this.#compare(asked, nowMs)
  }

  ended(asked: Asked, outcome: ReplicaOutcome, nowMs: number): void {
    const { provider, replica } = asked
    if (provider.replicas.length > 1) {
      const pace = this.#paceOf(asked)
      // It would have taken longer still.
      if (outcome === 'late') pace.firstChunk(replica.id, asked, nowMs)
      else pace.left(replica.id, asked)
    }
    if (asked.isCounted && outcome !== 'bad') return
    if (outcome === 'bad' && provider.breaker !== false && !this.#breakers.has(replica.id))
      this.#breakers.set(replica.id, new ReplicaBreaker(nowMs))
    this.#tell(asked, outcome, nowMs)
  }

  #tell(asked: Asked, outcome: ReplicaOutcome, nowMs: number): void {
    const { id } = asked.replica
    const breaker = this.#breakers.get(id)
    if (breaker === undefined) return
    const before = breaker.state(nowMs)
    breaker.ended(outcome, { sinceMs: asked.sinceMs, isProbe: asked.isProbe && !asked.isCounted }, nowMs)
    asked.isCounted = true
    const after = breaker.state(nowMs)
    if (before !== 'closed' && after === 'closed') this.#forgetPace(id)
    if (breaker.isForgotten(nowMs)) this.#breakers.delete(id)
    if (before === 'open' && after !== 'open') this.#heard?.(asked.provider)
  }

  /** Leaves out who is far slower than its peers, as long as a quarter of them all is asked. */
  #compare({ provider, stream }: Asked, nowMs: number): void {
    if (nowMs - (this.#comparedMs.get(provider.name) ?? Number.NEGATIVE_INFINITY) < COMPARED_EACH_MS) return
    this.#comparedMs.set(provider.name, nowMs)
    const asked = provider.replicas.filter(({ id }) => this.state(id, nowMs) === 'closed')
    for (const replica of asked) {
      const peers = asked.filter((peer) => peer !== replica).map(({ id }) => id)
      const stillAsked = asked.filter(({ id }) => this.state(id, nowMs) === 'closed').length
      if (stillAsked < 2 || stillAsked - 1 < provider.replicas.length / 4) return
      const pace = stream ? this.#streams : this.#wholes
      if (pace.isSlow(replica.id, peers, nowMs)) this.#leaveOut(replica.id, nowMs)
    }
  }

  #leaveOut(replicaId: string, nowMs: number): void {
    const breaker = this.#breakers.get(replicaId) ?? new ReplicaBreaker(nowMs)
    this.#breakers.set(replicaId, breaker)
    breaker.open(nowMs)
  }

  #peersOf({ provider, replica }: Asked): string[] {
    return provider.replicas.filter((peer) => peer !== replica).map(({ id }) => id)
  }

  #paceOf({ stream }: { stream: boolean }): SlowReplicas {
    return stream ? this.#streams : this.#wholes
  }

  #forgetPace(replicaId: string): void {
    this.#streams.forget(replicaId)
    this.#wholes.forget(replicaId)
  }

  #isPausing(replicaId: string, nowMs: number): boolean {
    const until = this.#coolingUntilMs.get(replicaId)
    if (until === undefined) return false
    if (until > nowMs) return true
    this.#coolingUntilMs.delete(replicaId)
    return false
  }
}
