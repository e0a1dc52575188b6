/** Remembered answers on SQLite, with memory in front; whatever fails here is a miss. */
import type Database from 'better-sqlite3'
import type { ExactStore, ExactStoreStats, PurgeFilter, RememberedAnswer } from '../cache/exact-store.ts'
import { MemoryExactStore } from '../cache/memory-exact-store.ts'
import { type AnswerRow, answerOf, COLUMNS, rowOf } from './exact-answer-rows.ts'
import { announce, bodyBytes, evictSome } from './exact-answers-copy.ts'

export interface SqliteExactStoreOptions {
  /** A connection of its own to `cache.db`. */
  database: Database.Database
  memoryBytes: number
  /** Of all bodies together; beyond it, what expires first goes first. */
  diskBytes: number
  /** Unix milliseconds. */
  now: () => number
  warn: (message: string) => void
}

/** Answers written in one turn: more wait for the next, so that no turn takes long. */
const MAX_BATCH = 50
/**
 * A commit writes whole pages, which answers that are written together share. A process that is killed loses what waits, and
 * asks a provider again.
 */
const WRITE_WITHIN_MS = 100

export class SqliteExactStore implements ExactStore {
  readonly #options: SqliteExactStoreOptions
  readonly #memory: MemoryExactStore
  readonly #find: Database.Statement<[string], AnswerRow>
  readonly #insert: Database.Statement
  readonly #purges: Database.Statement<[], number>
  #waiting: RememberedAnswer[] = []
  #timer: NodeJS.Timeout | undefined
  #diskBytes: number
  #seenPurges: number | undefined
  #warned = false

  constructor(options: SqliteExactStoreOptions) {
    const { database } = options
    this.#options = options
    this.#memory = new MemoryExactStore(options.memoryBytes)
    this.#find = database.prepare('SELECT * FROM exact_answers WHERE key = ?')
    this.#insert = database.prepare(`
      INSERT OR REPLACE INTO exact_answers (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#purges = database
      .prepare<[], number>('SELECT purges FROM exact_purges')
      .pluck() as Database.Statement<[], number>
    this.#diskBytes = bodyBytes(database)
    this.#seenPurges = this.#purges.get()
  }

  find(key: string, nowMs: number): RememberedAnswer | undefined {
    const known = this.#memory.find(key, nowMs)
    if (known !== undefined) return known
    try {
      const row = this.#find.get(key)
      if (row === undefined || row.expires_at <= nowMs) return undefined
      const answer = answerOf(row)
      if (answer !== undefined) this.#memory.remember(answer)
      return answer
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  remember(answer: RememberedAnswer): void {
    this.#memory.remember(answer)
    this.#waiting.push(answer)
    this.#timer ??= setTimeout(() => this.#write(), WRITE_WITHIN_MS)
  }

  async purge(filter: PurgeFilter): Promise<number> {
    await this.followPurges()
    this.#writeAll()
    await this.#memory.purge(filter)
    const { database } = this.#options
    const gone = purgeExactAnswers(database, filter)
    this.#diskBytes = bodyBytes(database)
    // Not as the file has it: another process may have purged something else meanwhile.
    this.#seenPurges = (this.#seenPurges ?? 0) + 1
    return gone
  }

  async stats(): Promise<ExactStoreStats> {
    this.#writeAll()
    return exactStats(this.#options.database)
  }

  /** Forgets what another process purged; to be called several times a second. */
  async followPurges(): Promise<void> {
    try {
      const purges = this.#purges.get()
      if (purges === this.#seenPurges) return
      this.#seenPurges = purges
      // What waits was told before the purge.
      this.#waiting = []
      await this.#memory.purge({})
      this.#diskBytes = bodyBytes(this.#options.database)
    } catch (error) {
      this.#failed(error)
    }
  }

  close(): void {
    this.#writeAll()
    this.#options.database.close()
  }

  #writeAll(): void {
    while (this.#waiting.length > 0) this.#write()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#waiting.splice(0, MAX_BATCH)
    if (batch.length === 0 || !this.#options.database.open) return
    try {
      const write = this.#options.database.transaction(() => {
        // Purged by another process, perhaps these too: nothing comes back.
        if (this.#purges.get() !== this.#seenPurges) return
        for (const answer of batch) this.#insert.run(...rowOf(answer))
        this.#diskBytes += batch.reduce((bytes, { body }) => bytes + body.byteLength, 0)
        if (this.#diskBytes > this.#options.diskBytes) this.#evict()
      })
      write.immediate()
    } catch (error) {
      this.#failed(error) // a locked or full disk forgets these answers; memory still has them
    }
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#write(), 0)
  }

  #evict(): void {
    const { database } = this.#options
    evictSome(database)
    this.#diskBytes = bodyBytes(database)
  }

  #failed(error: unknown): void {
    if (this.#warned) return
    this.#warned = true
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.warn(
      `The cache on disk is out of order (${reason}): repeats are answered from memory alone.`,
    )
  }
}

/** For the server and for `trimtab cache purge` alike: the count tells every other process. */
export function purgeExactAnswers(database: Database.Database, { workflow, tenant }: PurgeFilter): number {
  const purge = database.transaction(() => {
    announce(database)
    return database
      .prepare(`
        DELETE FROM exact_answers
        WHERE (@workflow IS NULL OR workflow = @workflow) AND (@tenant IS NULL OR tenant = @tenant)`)
      .run({ workflow: workflow ?? null, tenant: tenant ?? null }).changes
  })
  return purge.immediate()
}

export function exactStats(database: Database.Database): ExactStoreStats {
  const answers = database.prepare('SELECT count(*) FROM exact_answers').pluck().get() as number
  return { answers, bytes: bodyBytes(database) }
}
