/**
 * The embedded vector index: rows in `cache.db`, the vectors of partitions that are asked in memory.
 * The file has the last word: what memory finds is read from it, so that what any process removes is gone at once.
 */
import type Database from 'better-sqlite3'
import { VectorSearch } from '../vectors/nearest-vectors.ts'
import { vectorKernel } from '../vectors/simd-kernel.ts'
import {
  IndexUnavailable,
  type NearestQuery,
  type Neighbour,
  type StoredEntry,
  type VectorEntry,
  type VectorFilter,
  type VectorIndex,
} from '../vectors/vector-index.ts'
import type { VectorKernel } from '../vectors/vector-kernel.ts'
import { loadedWithin, type ResidentPartition, ResidentPartitions } from './resident-partitions.ts'
import { storedEntries, storedQuestions } from './stored-entries.ts'
import { countVectors, evictVectors, removeIds, removeVectors, sweepVectors } from './vector-removals.ts'
import { neighbourOf, VectorRows } from './vector-rows.ts'
import { VectorWriteQueue } from './vector-write-queue.ts'

export interface SqliteVectorIndexOptions {
  /** A connection of its own to `cache.db`. */
  database: Database.Database
  /** The embedder's id: vectors of two never meet. */
  indexName: string
  dimensions: number
  /** Of the vectors in memory. */
  memoryBytes: number
  /** Of vectors, questions and answers in the file; beyond it, what expires first goes first. */
  diskBytes: number
  mostEntries: number
  /** How long a question waits for a partition that is being read; then what is there is searched. */
  timeLimitMs: number
  warn: (message: string) => void
  kernel?: VectorKernel
}

const EVICTED_AT_ONCE = 200
/** Looked at beyond those asked for, because some may be gone from the file. */
const SPARE = 8

export class SqliteVectorIndex implements VectorIndex {
  readonly #options: SqliteVectorIndexOptions
  readonly #rows: VectorRows
  readonly #search: VectorSearch
  readonly #partitions: ResidentPartitions
  readonly #told = new Set<string>()
  readonly #queue = new VectorWriteQueue(
    (batch) => this.#write(batch),
    (error) => this.#failed(error),
  )
  #seenPurges: number

  /** @throws SqliteError where the file cannot be used */
  constructor(options: SqliteVectorIndexOptions) {
    const { database, indexName, dimensions, memoryBytes, kernel = vectorKernel() } = options
    this.#options = options
    this.#rows = new VectorRows(database, indexName)
    this.#search = new VectorSearch(kernel, dimensions, memoryBytes)
    this.#partitions = new ResidentPartitions(this.#rows, this.#search, dimensions, () =>
      this.#outgrown('memory'),
    )
    this.#seenPurges = this.#rows.totals().purges
  }

  nearest(query: NearestQuery): Promise<readonly Neighbour[]> | readonly Neighbour[] {
    return this.#orUnavailable(() => {
      if (query.vector.length !== this.#options.dimensions) return []
      this.#rows.lookAgain()
      const scope = this.#rows.scopeOf(query.tenant, query.partition)
      if (scope === undefined) return []
      const partition = this.#partitions.partition(scope)
      if (partition.loading === undefined) return this.#found(partition, query)
      return loadedWithin(partition, this.#options.timeLimitMs).then(() =>
        this.#orUnavailable(() => {
          this.#rows.lookAgain()
          return this.#found(partition, query)
        }),
      )
    })
  }

  answerOf(id: string, nowMs: number): string | undefined {
    return this.#orUnavailable(() => this.#rows.answer(id, nowMs))
  }

  add(entry: VectorEntry): void {
    if (entry.vector.length !== this.#options.dimensions) return
    if (this.#queue.add(entry)) return
    this.#tellOnce('Answers come faster than the cache on disk takes them: some are not remembered.')
  }

  remove(ids: readonly string[]): Promise<number> {
    return this.#afterWrites((database, indexName) => removeIds(database, indexName, ids))
  }

  async removeWhere(filter: VectorFilter): Promise<number> {
    const gone = await this.#afterWrites((database, indexName) => removeVectors(database, indexName, filter))
    this.followOthers()
    return gone
  }

  async sweep(nowMs: number): Promise<number> {
    const gone = await this.#afterWrites((database) => sweepVectors(database, nowMs))
    this.#partitions.removeExpired(nowMs)
    this.followOthers()
    return gone
  }

  count(filter: VectorFilter = {}): Promise<number> {
    return this.#afterWrites((database, indexName) => countVectors(database, indexName, filter))
  }

  async *entries(): AsyncGenerator<StoredEntry> {
    await this.flushed()
    yield* storedEntries(this.#options.database, this.#options.indexName)
  }

  async *questions({
    tenant,
    partition,
  }: Pick<NearestQuery, 'tenant' | 'partition'>): AsyncGenerator<string> {
    await this.flushed()
    const scope = this.#rows.scopeOf(tenant, partition)
    if (scope !== undefined) yield* storedQuestions(this.#options.database, scope)
  }

  /** Of all embedders, as the file counts them. @throws SqliteError */
  get storedCount(): number {
    return this.#rows.totals().entries
  }

  flushed(): Promise<void> {
    return this.#queue.flushed()
  }

  async close(): Promise<void> {
    if (this.#options.database.open) this.#queue.writeAll()
    this.#options.database.close()
  }

  /** Takes in what other processes on this file wrote, and forgets what they purged; call it several times a second. */
  followOthers(): void {
    try {
      const { purges } = this.#rows.totals()
      if (purges !== this.#seenPurges) this.#partitions.releaseAll()
      this.#seenPurges = purges
      this.#partitions.follow()
    } catch (error) {
      this.#failed(error)
    }
  }

  #found(partition: ResidentPartition, query: NearestQuery): readonly Neighbour[] {
    const neighbours: Neighbour[] = []
    for (;;) {
      const gone = new Set<number>()
      neighbours.length = 0
      for (const { number, similarity } of this.#ranked(partition, query)) {
        const entry = this.#rows.entry(number)
        const found = entry && neighbourOf(entry, query, similarity)
        // The scope again, whatever was found: no memory and no damaged index may lead to another tenant's entry.
        if (found === undefined || entry?.row[1] !== partition.scope) gone.add(number)
        else if (found.expiresAtMs > query.nowMs) neighbours.push(found)
        if (neighbours.length === query.count) break
      }
      if (gone.size > 0) {
        partition.stored.remove(gone)
        // What is gone may have been replaced by another process: its newer one counts at once.
        this.#partitions.follow()
      }
      if (neighbours.length === query.count || gone.size === 0) return neighbours
      this.#rows.lookAgain()
    }
  }

  #ranked({ stored }: ResidentPartition, { vector, count, nowMs }: NearestQuery) {
    return this.#search.nearest(stored, vector, count + SPARE, nowMs)
  }

  #write(batch: readonly VectorEntry[]): void {
    this.#rows.write(batch)
    this.#keepWithin()
    this.#partitions.follow()
  }

  #keepWithin(): void {
    const { database, diskBytes, mostEntries } = this.#options
    const { bytes, entries } = this.#rows.totals()
    if (bytes <= diskBytes && entries <= mostEntries) return
    evictVectors(database, EVICTED_AT_ONCE)
    this.#outgrown('disk')
  }

  async #afterWrites<Result>(
    work: (database: Database.Database, indexName: string) => Promise<Result>,
  ): Promise<Result> {
    await this.flushed()
    try {
      return await work(this.#options.database, this.#options.indexName)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #orUnavailable<Result>(ask: () => Result): Result {
    try {
      return ask()
    } catch (error) {
      throw error instanceof IndexUnavailable ? error : this.#failed(error)
    }
  }

  #failed(error: unknown): IndexUnavailable {
    const reason = error instanceof Error ? error.message : String(error)
    this.#tellOnce(
      `The vectors in the cache on disk are out of order (${reason}): similar questions are not found.`,
    )
    return new IndexUnavailable(reason, { cause: error })
  }

  #outgrown(what: 'memory' | 'disk'): void {
    const consequence =
      what === 'disk' ? 'what expires first is dropped' : 'some of a large partition is not found'
    this.#tellOnce(
      `The embedded vectors have outgrown their ${what}, so that ${consequence}: use Qdrant (\`vectors: { use: qdrant }\`).`,
    )
  }

  #tellOnce(message: string): void {
    const kind = message.slice(0, 40)
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    this.#options.warn(message)
  }
}
