/** Bounds the requests in flight to one replica; the rest wait here, first come, first served. */
import type { Replica } from '../providers/provider.ts'
import type { Stop } from './stop.ts'

interface Waiting {
  serve(): void
}

export class Slots {
  readonly #inFlight = new Map<string, number>()
  readonly #queues = new Map<string, Waiting[]>()

  /** Requests under way to a replica. */
  inFlight(replicaId: string): number {
    return this.#inFlight.get(replicaId) ?? 0
  }

  /** Requests that wait for a slot. */
  queued(replicaId: string): number {
    return this.#queues.get(replicaId)?.length ?? 0
  }

  /** Resolves true with a slot, or false where the journey was stopped first. Give it back with `release`. */
  take(replica: Replica, maxInFlight: number | undefined, stop: Stop): Promise<boolean> | true {
    if (maxInFlight === undefined || this.inFlight(replica.id) < maxInFlight) {
      this.#add(replica.id, 1)
      return true
    }
    return this.#wait(replica.id, stop)
  }

  release(replicaId: string): void {
    const next = this.#queues.get(replicaId)?.shift()
    if (next) next.serve()
    else this.#add(replicaId, -1)
  }

  #wait(replicaId: string, stop: Stop): Promise<boolean> {
    const queue = this.#queues.get(replicaId) ?? []
    this.#queues.set(replicaId, queue)
    return new Promise((resolve) => {
      const waiting: Waiting = {
        serve: () => {
          unlisten()
          resolve(true)
        },
      }
      queue.push(waiting)
      const unlisten = stop.listen(() => {
        const index = queue.indexOf(waiting)
        if (index >= 0) queue.splice(index, 1)
        resolve(false)
      })
    })
  }

  #add(replicaId: string, change: number): void {
    const count = this.inFlight(replicaId) + change
    if (count > 0) this.#inFlight.set(replicaId, count)
    else this.#inFlight.delete(replicaId)
  }
}
