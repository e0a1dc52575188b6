/** Remembered questions and their vectors as rows of `cache.db`: what a search reads, and what is written for one. */
import type Database from 'better-sqlite3'
import { Lately } from '../cache/semantic/lately.ts'
import { quantise } from '../vectors/quantise.ts'
import type { EntryNotes, Neighbour, VectorEntry } from '../vectors/vector-index.ts'
import { storedTags } from './stored-tags.ts'

/** A vector as it is loaded: number of its entry, Unix milliseconds, 8-bit numbers. */
export type VectorRow = readonly [number: number, expiresAtMs: number, vector: Buffer]

/** Of its tenant and partition it says the scope. */
export type EntryRow = readonly [
  id: string,
  scope: number,
  workflow: string,
  keyName: string | null,
  tags: string,
  createdAtMs: number,
  expiresAtMs: number,
  question: string,
]

/** An entry at hand. */
export interface KnownEntry {
  row: EntryRow
  notes: EntryNotes
}

export interface VectorTotals {
  entries: number
  bytes: number
  purges: number
}

/** Kept from the first reading; with what is noted of their questions, that many take about 50 MB. */
const MOST_ENTRIES = 24_000
const MOST_SCOPES = 2000

export class VectorRows {
  readonly #database: Database.Database
  readonly #indexName: string
  readonly #scope: Database.Statement<[string, string, string], number>
  readonly #page: Database.Statement<[number, number, number], VectorRow>
  readonly #newer: Database.Statement<[number, string, number], [number, number]>
  readonly #vector: Database.Statement<[number, number], VectorRow>
  readonly #entry: Database.Statement<[number], EntryRow>
  readonly #gone: Database.Statement<[], number>
  /** Neither changes once it is written, and no number is used again. */
  readonly #knownEntries = new Lately<KnownEntry, number>(MOST_ENTRIES)
  readonly #knownScopes = new Lately<number>(MOST_SCOPES)
  #seenGone = -1
  readonly #answer: Database.Statement<[string, string, number], string>
  readonly #totals: Database.Statement<[], VectorTotals>
  readonly #removeId: Database.Statement<[string, string]>
  readonly #addScope: Database.Statement<[string, string, string]>
  readonly #addEntry: Database.Statement
  readonly #addVector: Database.Statement

  /** `indexName` is of the embedder. @throws SqliteError where the file is not a `cache.db` of this version */
  constructor(database: Database.Database, indexName: string) {
    this.#database = database
    this.#indexName = indexName
    this.#scope = plucked(
      database,
      'SELECT scope FROM vector_scopes WHERE index_name = ? AND tenant = ? AND partition = ?',
    )
    this.#page = rawRows(
      database,
      'SELECT number, expires_at, vector FROM vectors WHERE scope = ? AND number > ? ORDER BY number LIMIT ?',
    )
    this.#newer = rawRows(
      database,
      'SELECT number, scope FROM vector_entries WHERE number > ? AND index_name = ? ORDER BY number LIMIT ?',
    )
    this.#vector = rawRows(
      database,
      'SELECT number, expires_at, vector FROM vectors WHERE scope = ? AND number = ?',
    )
    this.#entry = rawRows(
      database,
      `SELECT id, scope, workflow, key_name, tags, created_at, expires_at, question
      FROM vector_entries WHERE number = ?`,
    )
    // So many entries were ever written, less those that are there, and as many purges: what a removal changes, and nothing else.
    this.#gone = plucked(
      database,
      "SELECT seq - entries + purges FROM vector_totals, sqlite_sequence WHERE name = 'vector_entries'",
    )
    this.#answer = plucked(
      database,
      'SELECT answer FROM vector_entries WHERE id = ? AND index_name = ? AND expires_at > ?',
    )
    this.#totals = database.prepare('SELECT entries, bytes, purges FROM vector_totals')
    this.#removeId = database.prepare('DELETE FROM vector_entries WHERE id = ? AND index_name = ?')
    this.#addScope = database.prepare(
      'INSERT INTO vector_scopes (index_name, tenant, partition) VALUES (?, ?, ?)',
    )
    this.#addEntry = database.prepare(`
      INSERT INTO vector_entries
        (id, index_name, scope, workflow, key_name, tags, created_at, expires_at, bytes, question, answer)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#addVector = database.prepare(
      'INSERT INTO vectors (scope, number, expires_at, vector) VALUES (?, ?, ?, ?)',
    )
  }

  /** Before a lookup: what anybody removed until now counts. @throws SqliteError */
  lookAgain(): void {
    const gone = this.#gone.get() ?? 0
    if (gone === this.#seenGone) return
    this.#seenGone = gone
    this.#knownEntries.clear()
    this.#knownScopes.clear()
  }

  /** Undefined where nothing was ever remembered in it. */
  scopeOf(tenant: string, partition: string): number | undefined {
    // A partition is hex, so that no tenant's name runs into it.
    const name = `${partition} ${tenant}`
    const known = this.#knownScopes.find(name)
    if (known !== undefined) return known
    const scope = this.#scope.get(this.#indexName, tenant, partition)
    if (scope !== undefined) this.#knownScopes.set(name, scope)
    return scope
  }

  /** The vectors of a scope after number `after`, in the order of their numbers. */
  page(scope: number, after: number, limit: number): readonly VectorRow[] {
    return this.#page.all(scope, after, limit)
  }

  /** Numbers and scopes of what was written after `after`, by any process. */
  newer(after: number, limit: number): readonly (readonly [number: number, scope: number])[] {
    return this.#newer.all(after, this.#indexName, limit)
  }

  vector(scope: number, number: number): VectorRow | undefined {
    return this.#vector.get(scope, number)
  }

  entry(number: number): KnownEntry | undefined {
    const known = this.#knownEntries.find(number)
    if (known !== undefined) return known
    const row = this.#entry.get(number)
    if (row === undefined) return undefined
    const entry = { row, notes: {} }
    this.#knownEntries.set(number, entry)
    return entry
  }

  answer(id: string, nowMs: number): string | undefined {
    return this.#answer.get(id, this.#indexName, nowMs)
  }

  totals(): VectorTotals {
    return this.#totals.get() ?? { entries: 0, bytes: 0, purges: 0 }
  }

  newestNumber(): number {
    const newest = this.#database.prepare('SELECT max(number) FROM vector_entries').pluck().get()
    return typeof newest === 'number' ? newest : 0
  }

  /** All or none; each in the place of the one with its id. */
  write(entries: readonly VectorEntry[]): void {
    const write = this.#database.transaction(() => {
      for (const entry of entries) this.#put(entry)
    })
    write.immediate()
  }

  #put(entry: VectorEntry): void {
    const { id, tenant, partition, workflow, keyName, tags, createdAtMs, expiresAtMs, question, answer } =
      entry
    this.#removeId.run(id, this.#indexName)
    const scope =
      this.#scope.get(this.#indexName, tenant, partition) ??
      Number(this.#addScope.run(this.#indexName, tenant, partition).lastInsertRowid)
    const vector = quantise(entry.vector)
    const bytes = vector.length + question.length + answer.length
    const told = JSON.stringify(tags)
    const { lastInsertRowid } = this.#addEntry.run(
      id,
      this.#indexName,
      scope,
      workflow,
      keyName ?? null,
      told,
      createdAtMs,
      expiresAtMs,
      bytes,
      question,
      answer,
    )
    this.#addVector.run(scope, lastInsertRowid, expiresAtMs, Buffer.from(vector.buffer))
  }
}

/** `tenant` and `partition` are those of the row's scope. Undefined where the row is damaged. */
export function neighbourOf(
  { row, notes }: KnownEntry,
  { tenant, partition }: { tenant: string; partition: string },
  similarity: number,
): Neighbour | undefined {
  const [id, , workflow, keyName, told, createdAtMs, expiresAtMs, question] = row
  const tags = storedTags(told)
  if (tags === undefined) return undefined
  return {
    id,
    similarity,
    tenant,
    partition,
    workflow,
    keyName: keyName ?? undefined,
    tags,
    question,
    createdAtMs,
    expiresAtMs,
    notes,
  }
}

function plucked<Parameters extends unknown[], Value>(
  database: Database.Database,
  sql: string,
): Database.Statement<Parameters, Value> {
  return database.prepare<Parameters, Value>(sql).pluck() as Database.Statement<Parameters, Value>
}

function rawRows<Parameters extends unknown[], Row>(
  database: Database.Database,
  sql: string,
): Database.Statement<Parameters, Row> {
  return database.prepare<Parameters, Row>(sql).raw() as Database.Statement<Parameters, Row>
}
