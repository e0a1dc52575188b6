/**
 * Bounds the requests in flight to each replica of a provider. The rest wait here, in the order of `FairQueue`, for whichever
 * replica is free first: a model server that is busy would only make them wait longer, and all others with them.
 */
import {
  boundOf,
  type Lane,
  laneAt,
  type Provider,
  type Replica,
  replicaIdsOf,
} from '../../providers/provider.ts'
import type { ReplicaHealth } from '../../routing/replica-health.ts'
import type { ToldReplicas } from '../../routing/told-replicas.ts'
import type { Stop } from '../stop.ts'
import type { Claim } from './claim.ts'
import { costOf, type Line, type Waiting } from './line.ts'
import { Lines } from './lines.ts'
import type { ReplicaLoad } from './replica-load.ts'
import { ReplicaLoads } from './replica-loads.ts'
import type { NoSlot, Refusal, Slot, TakenSlot } from './slot.ts'
import type { SlotsObserver } from './slots-observer.ts'

interface SlotsParts {
  health: ReplicaHealth
  /** What replicas tell of themselves. */
  told: ToldReplicas
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
  observer: SlotsObserver
}

export class Slots {
  readonly #parts: SlotsParts
  readonly #loads = new ReplicaLoads()
  readonly #lines = new Lines()
  #isClosed = false

  constructor(parts: SlotsParts) {
    this.#parts = parts
    parts.health.listen(({ name }) => this.linesOf(name).forEach((line) => void this.#serve(line)))
  }

  /** Requests under way to a replica. */
  inFlight(replicaId: string): number {
    return this.#loads.find(replicaId)?.inFlight ?? 0
  }

  /** What is known of a replica's load; undefined where it was never asked. */
  loadOf(replicaId: string): ReplicaLoad | undefined {
    return this.#loads.find(replicaId)
  }

  /** Those that wait, where any ever did. */
  linesOf(provider: string): readonly Line[] {
    return this.#lines.of(provider)
  }

  /** Requests that wait for a slot on any replica of a provider. */
  queued(provider: string): number {
    return this.#lines.queued(provider)
  }

  /**
   * A slot on `replica`, the one that suits best; where it has none left, on the first of its provider's that has room when
   * it is the request's turn.
   */
  take(provider: Provider, replica: Replica, stop: Stop, claim: Claim): Promise<Slot> | Slot {
    const { maxInFlight } = provider
    if (maxInFlight === undefined && claim.concurrency === undefined)
      return this.#given(provider, replica, claim, 0)
    const lane = laneAt(provider, claim.lane)
    const line = this.#lines.find(provider, lane)
    if (line === undefined || line.queue.size === 0) {
      const free = this.#hasRoom(provider, replica, claim, lane)
        ? replica
        : this.#freeFor(provider, claim, lane, this.#parts.elapsedMs())
      if (free !== undefined) {
        if (maxInFlight !== undefined) this.#parts.observer.waited(provider.name, 0)
        return this.#given(provider, free, claim, 0)
      }
    }
    return this.#wait(line ?? this.#lines.made(provider, lane), provider, claim, stop)
  }

  /** Providers were configured anew: who waits is served by what they have now, and what is known of others is forgotten. */
  reconfigured(providers: ReadonlyMap<string, Provider>): void {
    this.#loads.keepOnly(replicaIdsOf(providers.values()))
    for (const line of this.#lines.adopt(providers)) this.#serve(line)
  }

  /** The process ends: who waits is told so, and whoever would have to. */
  close(): void {
    this.#isClosed = true
    for (const { queue } of this.#lines.all())
      while (queue.size > 0) queue.take(() => true, this.#parts.elapsedMs())?.refuse('ending')
  }

  /** A slot on `replica` where it is free now and nobody waits for it. */
  takeFree(provider: Provider, replica: Replica, claim: Claim): TakenSlot | undefined {
    const lane = laneAt(provider, claim.lane)
    const waiting = this.#lines.find(provider, lane)?.queue.size ?? 0
    if (waiting > 0 || !this.#hasRoom(provider, replica, claim, lane)) return undefined
    return this.#given(provider, replica, claim, 0)
  }

  /** The first content of its answer has come. */
  firstChunk({ asked, concurrency, lane, replica, inFlightThen }: TakenSlot): void {
    const nowMs = this.#parts.elapsedMs()
    this.#parts.health.firstChunk(asked, nowMs)
    if (concurrency !== 'adaptive') return
    const { waiting = 0 } = this.#parts.told.of(replica.id).at(nowMs)
    const ofOne = { firstChunkMs: nowMs - asked.sinceMs, inFlightThen, isQueueing: waiting > 0 }
    this.#loads.made(replica.id).adaptive(lane).observed(ofOne, nowMs)
  }

  /** `isOverload`: the replica refused for its load, or broke. */
  release(slot: TakenSlot, isOverload = false): void {
    const { provider, replica, lane, concurrency } = slot
    const load = this.#loads.made(replica.id)
    load.add(lane, -1)
    this.#loads.forgetGone(replica.id)
    const nowMs = this.#parts.elapsedMs()
    if (concurrency === 'adaptive' && isOverload) load.adaptive(lane).failed(nowMs)
    const line = this.#lines.find(provider, lane)
    if (line === undefined) return
    line.drain.stayed(nowMs - slot.asked.sinceMs)
    if (line.queue.size > 0) this.#serve(line)
  }

  #given(provider: Provider, replica: Replica, claim: Claim, waitedMs: number): TakenSlot {
    const lane = laneAt(provider, claim.lane)
    const load = this.#loads.made(replica.id)
    load.add(lane, 1)
    const nowMs = this.#parts.elapsedMs()
    return {
      kind: 'taken',
      replica,
      waitedMs,
      provider,
      lane,
      concurrency: claim.concurrency,
      inFlightThen: load.inFlightOf(lane),
      asked: this.#parts.health.began(provider, replica, claim, nowMs),
    }
  }

  #hasRoom(provider: Provider, { id }: Replica, { concurrency }: Claim, lane: Lane): boolean {
    return this.#loads.made(id).hasRoom(lane, boundOf(provider, lane), concurrency)
  }

  #wait(line: Line, provider: Provider, claim: Claim, stop: Stop): Promise<Slot> | Slot {
    const { queue, drain } = line
    const nowMs = this.#parts.elapsedMs()
    line.adopt(provider)
    if (this.#isClosed) return this.#refused(line, claim, 'ending')
    if (line.isHopeless(claim, nowMs)) return this.#refused(line, claim, 'late')
    if (this.queued(provider.name) >= provider.maxQueued) {
      const displaced = this.#lines.displacedBy(claim, line)
      if (displaced === undefined) return this.#refused(line, claim, queue.isHungry(claim) ? 'share' : 'full')
      displaced.refuse(displaced.priority === 'batch' ? 'full' : 'share')
    }
    drain.begins(nowMs)
    const waiting = this.#waiting(line, claim, stop, nowMs)
    this.#serve(line)
    return waiting
  }

  #waiting(line: Line, claim: Claim, stop: Stop, sinceMs: number): Promise<Slot> {
    const { queue, provider } = line
    const { elapsedMs } = this.#parts
    return new Promise((resolve) => {
      const leave = (slot: NoSlot): void => {
        queue.remove(waiting)
        if (queue.size === 0) line.emptied(elapsedMs())
        this.#parts.observer.waited(provider.name, elapsedMs() - sinceMs)
        resolve(slot)
      }
      const waiting: Waiting = {
        claim,
        tenant: claim.tenant,
        priority: claim.priority,
        cost: costOf(claim),
        sinceMs,
        serve: (replica) => {
          unlisten()
          const waitedMs = elapsedMs() - sinceMs
          this.#parts.observer.waited(provider.name, waitedMs)
          resolve(this.#given(line.provider, replica, claim, waitedMs))
        },
        refuse: (why) => {
          unlisten()
          leave(this.#refused(line, claim, why))
        },
      }
      queue.push(waiting)
      const unlisten = stop.listen((reason) => {
        if (reason === 'timeout') this.#parts.observer.refused(provider.name, 'late')
        leave({ kind: 'stopped', retryAfterSeconds: line.retryAfterSeconds(claim, false, elapsedMs()) })
      })
    })
  }

  /** As long as somebody waits whom a replica has room for. */
  #serve(line: Line): void {
    const { queue, drain, lane } = line
    while (queue.size > 0) {
      const nowMs = this.#parts.elapsedMs()
      const free = ({ claim }: Waiting): Replica | undefined =>
        this.#freeFor(line.provider, claim, lane, nowMs)
      const next = queue.take((waiting) => free(waiting) !== undefined, nowMs)
      const replica = next && free(next)
      if (next === undefined || replica === undefined) {
        // One that is left out may have room once its pause is over.
        const atMs = this.#parts.health.askedAgainMs(line.provider, nowMs)
        return line.wakeAt(atMs, nowMs, () => this.#serve(line))
      }
      if (line.isTooLate(next.claim, nowMs)) {
        next.refuse('late')
        continue
      }
      drain.served(nowMs, queue.size === 0)
      next.serve(replica)
    }
    line.rest()
  }

  /** Of the replicas with room the one with the fewest requests under way, others' too, rather none that is left out or refused it. */
  #freeFor(provider: Provider, claim: Claim, lane: Lane, nowMs: number): Replica | undefined {
    const { health } = this.#parts
    const isAsked = health.isAvailable(provider, nowMs)
    let best: Replica | undefined
    let least = Number.POSITIVE_INFINITY
    for (const replica of provider.replicas) {
      if (isAsked && health.isCooling(replica, nowMs)) continue
      if (!this.#hasRoom(provider, replica, claim, lane)) continue
      const { othersInFlight } = this.#parts.told.of(replica.id).at(nowMs)
      const load = this.inFlight(replica.id) + othersInFlight + (claim.tried.has(replica.id) ? 1e6 : 0)
      if (load < least) [best, least] = [replica, load]
    }
    return best
  }

  #refused(line: Line, claim: Claim, kind: Refusal): NoSlot {
    this.#parts.observer.refused(line.provider.name, kind)
    const retryAfterSeconds = line.retryAfterSeconds(claim, kind === 'late', this.#parts.elapsedMs())
    return { kind, retryAfterSeconds }
  }
}
