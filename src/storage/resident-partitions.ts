/** The partitions whose vectors are in memory: read from `cache.db` when first asked, the longest unasked leave first. */
import type { VectorSearch } from '../vectors/nearest-vectors.ts'
import { StoredVectors } from '../vectors/stored-vectors.ts'
import type { VectorRow, VectorRows } from './vector-rows.ts'

/** Read within the turn that asks, and in each of the turns after: about a millisecond and about three. */
const READ_AT_ONCE = 500
const READ_A_TURN = 1500
/** Newest entries that are looked at in one turn. */
const FOLLOWED_AT_ONCE = 500

export interface ResidentPartition {
  readonly scope: number
  readonly stored: StoredVectors
  /** The newest number that was read. */
  through: number
  /** Until all of it is in memory; undefined once it is. */
  loading: Promise<void> | undefined
  /** Let go, so that whoever still loads it stops. */
  released: boolean
}

export class ResidentPartitions {
  readonly #rows: VectorRows
  readonly #search: VectorSearch
  readonly #dimensions: number
  readonly #full: () => void
  /** By scope, the longest unasked first. */
  readonly #partitions = new Map<number, ResidentPartition>()
  /** The newest number that was looked at, of all scopes. */
  #seen: number

  /** `full` is called whenever a partition alone is more than the memory holds. */
  constructor(rows: VectorRows, search: VectorSearch, dimensions: number, full: () => void) {
    this.#rows = rows
    this.#search = search
    this.#dimensions = dimensions
    this.#full = full
    this.#seen = rows.newestNumber()
  }

  /** @throws SqliteError */
  partition(scope: number): ResidentPartition {
    const known = this.#partitions.get(scope)
    if (known !== undefined) {
      this.#partitions.delete(scope)
      this.#partitions.set(scope, known)
      return known
    }
    const stored = new StoredVectors(this.#search.memory)
    const partition: ResidentPartition = { scope, stored, through: 0, loading: undefined, released: false }
    this.#partitions.set(scope, partition)
    try {
      if (!this.#readPage(partition, READ_AT_ONCE)) partition.loading = this.#load(partition)
    } catch (error) {
      this.#release(partition)
      throw error
    }
    return partition
  }

  /** Takes in what this and other processes have written since. @returns whether there may be more */
  follow(): boolean {
    const written = this.#rows.newer(this.#seen, FOLLOWED_AT_ONCE)
    for (const [number, scope] of written) {
      this.#seen = number
      const partition = this.#partitions.get(scope)
      if (partition === undefined || partition.loading !== undefined || number <= partition.through) continue
      const row = this.#rows.vector(scope, number)
      if (row !== undefined) this.#append(partition, row)
    }
    return written.length === FOLLOWED_AT_ONCE
  }

  removeExpired(nowMs: number): void {
    for (const { stored } of this.#partitions.values()) stored.removeExpired(nowMs)
  }

  /** They are read again when they are asked. */
  releaseAll(): void {
    for (const partition of [...this.#partitions.values()]) this.#release(partition)
  }

  async #load(partition: ResidentPartition): Promise<void> {
    try {
      do await turn()
      while (!partition.released && !this.#readPage(partition, READ_A_TURN))
      partition.loading = undefined
    } catch {
      this.#release(partition) // asked again, it is read again, and the error is told there
    }
  }

  /** Whether that was the last. */
  #readPage(partition: ResidentPartition, limit: number): boolean {
    const rows = this.#rows.page(partition.scope, partition.through, limit)
    for (const row of rows) {
      if (!this.#append(partition, row)) return true
    }
    return rows.length < limit
  }

  /** False where there is no room, not even in the place of others. */
  #append(partition: ResidentPartition, [number, expiresAtMs, blob]: VectorRow): boolean {
    partition.through = number
    if (blob.byteLength !== this.#dimensions) return true // of a damaged file: not found is all that it costs
    const vector = new Int8Array(blob.buffer, blob.byteOffset, blob.byteLength)
    while (!partition.stored.append(number, expiresAtMs, vector)) {
      const oldest = [...this.#partitions.values()].find((other) => other !== partition)
      if (oldest === undefined) {
        this.#full()
        return false
      }
      this.#release(oldest)
    }
    return true
  }

  #release(partition: ResidentPartition): void {
    partition.released = true
    partition.stored.release()
    this.#partitions.delete(partition.scope)
  }
}

/** Until all of it is in memory, or so long. */
export async function loadedWithin({ loading }: ResidentPartition, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([loading, late])
  clearTimeout(timer)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
