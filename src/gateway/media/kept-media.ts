/** Which media each replica of a server that keeps them was sent, as far as its cache may still have them. */
import type { NamedMedia } from './outbound-media.ts'

interface At {
  replica: { id: string }
  model: string
}

interface Kept {
  /** Longest unused first. */
  uuids: Set<string>
  /** In a row, of what it should have had. */
  refusals: number
  notBeforeMs: number
}

const MOST_REPLICAS = 1000
/** Of a replica; a server keeps four gigabytes unless it is told otherwise. */
const MOST_UUIDS = 2000
/** A server that keeps nothing refuses every time. */
const MOST_REFUSALS = 3
const PAUSE_MS = 600_000

export class KeptMedia {
  readonly #byReplica = new Map<string, Kept>()

  /** Whether it makes sense to name media: it has not just refused them again and again. */
  isKeeping(at: At, nowMs: number): boolean {
    return nowMs >= (this.#byReplica.get(nameOf(at))?.notBeforeMs ?? 0)
  }

  has(at: At, uuid: string): boolean {
    return this.#byReplica.get(nameOf(at))?.uuids.has(uuid) === true
  }

  /** It answered a request with these. */
  took(at: At, { uuids, isWithheld }: NamedMedia): void {
    const kept = this.#of(at)
    for (const uuid of uuids) {
      kept.uuids.delete(uuid)
      kept.uuids.add(uuid)
    }
    for (const uuid of kept.uuids) {
      if (kept.uuids.size <= MOST_UUIDS) break
      kept.uuids.delete(uuid)
    }
    if (isWithheld) kept.refusals = 0
  }

  keepOnly(replicaIds: ReadonlySet<string>): void {
    for (const name of this.#byReplica.keys())
      if (!replicaIds.has(name.slice(0, name.indexOf('\n')))) this.#byReplica.delete(name)
  }

  /** It may have lost any of them: it was started anew, or needed the room. */
  forget(at: At): void {
    this.#byReplica.get(nameOf(at))?.uuids.clear()
  }

  /** It answered what it had refused, once the media went along. */
  refused(at: At, nowMs: number): void {
    const kept = this.#of(at)
    if (++kept.refusals < MOST_REFUSALS) return
    kept.refusals = 0
    kept.notBeforeMs = nowMs + PAUSE_MS
  }

  #of(at: At): Kept {
    const name = nameOf(at)
    const kept = this.#byReplica.get(name) ?? { uuids: new Set(), refusals: 0, notBeforeMs: 0 }
    this.#byReplica.delete(name)
    this.#byReplica.set(name, kept)
    for (const oldest of this.#byReplica.keys()) {
      if (this.#byReplica.size <= MOST_REPLICAS) break
      this.#byReplica.delete(oldest)
    }
    return kept
  }
}

function nameOf({ replica, model }: At): string {
  return `${replica.id}\n${model}`
}
