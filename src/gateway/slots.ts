/**
 * Bounds the requests in flight to each replica of a provider. The rest wait here, first come, first served, for whichever
 * replica is free first: a model server that is busy would only make them wait longer, and all others with them.
 */
import type { Provider, Replica } from '../providers/provider.ts'
import type { Stop } from './stop.ts'

/** A replica with a slot on it, to be given back with `release`. `full`: too many wait already. */
export type Slot =
  | { kind: 'taken'; replica: Replica; waitedMs: number }
  | { kind: 'full' }
  | { kind: 'stopped' }

interface Waiting {
  serve(replica: Replica): void
}

interface SlotsParts {
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
  /** Told of each request to a bounded provider, of those that did not wait as well. */
  waited(provider: string, milliseconds: number): void
}

export class Slots {
  readonly #parts: SlotsParts
  readonly #inFlight = new Map<string, number>()
  /** By provider. */
  readonly #queues = new Map<string, Waiting[]>()

  constructor(parts: SlotsParts) {
    this.#parts = parts
  }

  /** Requests under way to a replica. */
  inFlight(replicaId: string): number {
    return this.#inFlight.get(replicaId) ?? 0
  }

  /** Requests that wait for a slot on any replica of a provider. */
  queued(provider: string): number {
    return this.#queues.get(provider)?.length ?? 0
  }

  /**
   * A slot on `replica`, the one with the fewest requests under way; where it has none left, on the first of its
   * provider's that is given back.
   */
  take(provider: Provider, replica: Replica, stop: Stop): Promise<Slot> | Slot {
    const { maxInFlight } = provider
    if (maxInFlight === undefined || this.inFlight(replica.id) < maxInFlight) {
      this.#add(replica.id, 1)
      if (maxInFlight !== undefined) this.#parts.waited(provider.name, 0)
      return { kind: 'taken', replica, waitedMs: 0 }
    }
    if (this.queued(provider.name) >= provider.maxQueued) return { kind: 'full' }
    return this.#wait(provider.name, stop)
  }

  release(provider: string, replica: Replica): void {
    const next = this.#queues.get(provider)?.shift()
    if (next === undefined) this.#add(replica.id, -1)
    else next.serve(replica)
  }

  #wait(name: string, stop: Stop): Promise<Slot> {
    const queue = this.#queues.get(name) ?? []
    this.#queues.set(name, queue)
    const sinceMs = this.#parts.elapsedMs()
    return new Promise((resolve) => {
      const waiting: Waiting = {
        serve: (replica) => {
          unlisten()
          const waitedMs = this.#parts.elapsedMs() - sinceMs
          this.#parts.waited(name, waitedMs)
          resolve({ kind: 'taken', replica, waitedMs })
        },
      }
      queue.push(waiting)
      const unlisten = stop.listen(() => {
        const place = queue.indexOf(waiting)
        if (place >= 0) queue.splice(place, 1)
        this.#parts.waited(name, this.#parts.elapsedMs() - sinceMs)
        resolve({ kind: 'stopped' })
      })
    })
  }

  #add(replicaId: string, change: number): void {
    const count = this.inFlight(replicaId) + change
    if (count > 0) this.#inFlight.set(replicaId, count)
    else this.#inFlight.delete(replicaId)
  }
}
