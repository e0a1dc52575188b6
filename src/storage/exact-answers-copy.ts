/** Takes remembered answers out of a `cache.db` and puts them into one, also beside a process that serves from it. */
import type Database from 'better-sqlite3'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { type AnswerRow, answerOf, COLUMNS, rowOf } from './exact-answer-rows.ts'

/** What became of answers that were put in. */
export interface Imported {
  /** New, or in the place of an older one. */
  taken: number
  /** One as new or newer was there. */
  older: number
  /** Gone at once, because the disk's bound was reached. */
  evicted: number
}

/** A transaction stays so short that the process which serves can write in between. */
export const IMPORTED_AT_ONCE = 50
const EVICTED_AT_ONCE = 100

/** In the order of their keys, as of one moment. Expired and damaged ones are left out. */
export function* exactAnswers(database: Database.Database, nowMs: number): Generator<RememberedAnswer> {
  const rows = database
    .prepare<[number], AnswerRow>('SELECT * FROM exact_answers WHERE expires_at > ? ORDER BY key')
    .iterate(nowMs)
  for (const row of rows) {
    const answer = answerOf(row)
    if (answer !== undefined) yield answer
  }
}

export class ExactImport {
  readonly #database: Database.Database
  readonly #insert: Database.Statement
  readonly #diskBytes: number
  /** At most what is there: counted anew where the bound is met. */
  #bytes: number

  /** `diskBytes` bounds all bodies together, `nowMs` is when what is there has expired. */
  constructor(database: Database.Database, diskBytes: number, nowMs: number) {
    this.#database = database
    this.#diskBytes = diskBytes
    this.#bytes = bodyBytes(database)
    this.#insert = database.prepare(`
      INSERT INTO exact_answers (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET tenant = excluded.tenant, workflow = excluded.workflow,
        provider = excluded.provider, model = excluded.model, tier = excluded.tier, form = excluded.form,
        content_type = excluded.content_type, body = excluded.body, usage = excluded.usage, tokens = excluded.tokens,
        created_at = excluded.created_at, expires_at = excluded.expires_at
      WHERE excluded.created_at > created_at OR expires_at <= ${Math.trunc(nowMs)}`)
  }

  /** Commits all or none. What takes an older one's place is told to every process that has that in memory. */
  put(answers: readonly RememberedAnswer[]): Imported {
    const write = this.#database.transaction((): Imported => {
      let taken = 0
      for (const answer of answers) {
        if (this.#insert.run(...rowOf(answer)).changes === 0) continue
        taken++
        this.#bytes += answer.body.byteLength
      }
      const evicted = this.#evict()
      if (taken > 0) announce(this.#database)
      return { taken, older: answers.length - taken, evicted }
    })
    return write.immediate()
  }

  #evict(): number {
    let evicted = 0
    while (this.#bytes > this.#diskBytes) {
      this.#bytes = bodyBytes(this.#database)
      if (this.#bytes > this.#diskBytes) evicted += evictSome(this.#database)
    }
    return evicted
  }
}

/** Every process on this file forgets what it has in memory, and counts the disk anew. */
export function announce(database: Database.Database): void {
  database.prepare('UPDATE exact_purges SET purges = purges + 1').run()
}

export function bodyBytes(database: Database.Database): number {
  return database.prepare('SELECT coalesce(sum(length(body)), 0) FROM exact_answers').pluck().get() as number
}

/** What expires first goes first. */
export function evictSome(database: Database.Database): number {
  return database
    .prepare(`
      DELETE FROM exact_answers WHERE key IN
        (SELECT key FROM exact_answers ORDER BY expires_at LIMIT ${EVICTED_AT_ONCE})`)
    .run().changes
}
