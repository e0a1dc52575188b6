/** The vector index of a process that has nowhere to keep it: Workers, and Node where `cache.db` cannot be opened. */
import { VectorSearch } from './nearest-vectors.ts'
import { quantise } from './quantise.ts'
import { vectorKernel } from './simd-kernel.ts'
import { StoredVectors } from './stored-vectors.ts'
import { fits } from './vector-filter.ts'
import type {
  NearestQuery,
  Neighbour,
  StoredEntry,
  VectorEntry,
  VectorFilter,
  VectorIndex,
} from './vector-index.ts'

export class MemoryVectorIndex implements VectorIndex {
  readonly #search: VectorSearch
  readonly #dimensions: number
  readonly #mostEntries: number
  readonly #partitions = new Map<string, StoredVectors>()
  /** In the order in which they came. */
  readonly #entries = new Map<number, StoredEntry>()
  readonly #numbers = new Map<string, number>()
  #newest = 0

  /** Beyond `mostEntries` the oldest leave. */
  constructor(dimensions: number, memoryBytes: number, mostEntries: number) {
    this.#search = new VectorSearch(vectorKernel(), dimensions, memoryBytes)
    this.#dimensions = dimensions
    this.#mostEntries = mostEntries
  }

  nearest({ tenant, partition, vector, count, nowMs }: NearestQuery): readonly Neighbour[] {
    const stored = this.#partitions.get(keyOf(tenant, partition))
    if (stored === undefined || vector.length !== this.#dimensions) return []
    return this.#search.nearest(stored, vector, count, nowMs).flatMap(({ number, similarity }) => {
      const entry = this.#entries.get(number)
      if (entry === undefined || entry.tenant !== tenant || entry.partition !== partition) return []
      const { answer: _, ...labels } = entry
      return [{ ...labels, similarity }]
    })
  }

  async *questions({
    tenant,
    partition,
  }: Pick<NearestQuery, 'tenant' | 'partition'>): AsyncGenerator<string> {
    for (const entry of [...this.#entries.values()].reverse())
      if (entry.tenant === tenant && entry.partition === partition) yield entry.question
  }

  answerOf(id: string, nowMs: number): string | undefined {
    const entry = this.#entries.get(this.#numbers.get(id) ?? -1)
    return entry !== undefined && entry.expiresAtMs > nowMs ? entry.answer : undefined
  }

  add({ vector, ...entry }: VectorEntry): void {
    if (vector.length !== this.#dimensions) return
    this.#forget([this.#numbers.get(entry.id) ?? -1])
    while (this.#entries.size >= this.#mostEntries) this.#forgetOldest()
    const key = keyOf(entry.tenant, entry.partition)
    const number = ++this.#newest
    for (;;) {
      const stored = this.#partitions.get(key) ?? new StoredVectors(this.#search.memory)
      this.#partitions.set(key, stored)
      if (stored.append(number, entry.expiresAtMs, quantise(vector))) break
      if (this.#entries.size === 0) return
      this.#forgetOldest()
    }
    this.#entries.set(number, entry)
    this.#numbers.set(entry.id, number)
  }

  async remove(ids: readonly string[]): Promise<number> {
    return this.#forget(ids.map((id) => this.#numbers.get(id) ?? -1))
  }

  async removeWhere(filter: VectorFilter): Promise<number> {
    return this.#forget(
      [...this.#entries].filter(([, entry]) => fits(entry, filter)).map(([number]) => number),
    )
  }

  async sweep(nowMs: number): Promise<number> {
    return this.#forget(
      [...this.#entries].filter(([, entry]) => entry.expiresAtMs <= nowMs).map(([number]) => number),
    )
  }

  async count(filter: VectorFilter = {}): Promise<number> {
    return [...this.#entries.values()].filter((entry) => fits(entry, filter)).length
  }

  async *entries(): AsyncGenerator<StoredEntry> {
    yield* [...this.#entries.values()]
  }

  async flushed(): Promise<void> {}

  async close(): Promise<void> {
    for (const stored of this.#partitions.values()) stored.release()
    this.#partitions.clear()
    this.#entries.clear()
    this.#numbers.clear()
  }

  #forgetOldest(): void {
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#forget([oldest])
  }

  /** How many of these numbers there were. */
  #forget(numbers: readonly number[]): number {
    const byPartition = new Map<string, Set<number>>()
    let gone = 0
    for (const number of numbers) {
      const entry = this.#entries.get(number)
      if (entry === undefined) continue
      this.#entries.delete(number)
      this.#numbers.delete(entry.id)
      gone++
      const key = keyOf(entry.tenant, entry.partition)
      byPartition.set(key, (byPartition.get(key) ?? new Set()).add(number))
    }
    for (const [key, removed] of byPartition) {
      const stored = this.#partitions.get(key)
      stored?.remove(removed)
      if (stored?.length === 0) this.#partitions.delete(key)
    }
    return gone
  }
}

/** A partition is hex, so that no tenant's name runs into it. */
function keyOf(tenant: string, partition: string): string {
  return `${partition} ${tenant}`
}
