/** Deletes and counts remembered questions, a few at a time: in between, requests and other processes go on. */
import type Database from 'better-sqlite3'
import type { VectorFilter } from '../vectors/vector-index.ts'

/** Rows looked at, and rows deleted, before others have their turn. */
const LOOKED_AT_ONCE = 2000
const DELETED_AT_ONCE = 100
/** A write that meets another's is tried again for about a second. */
const RETRY_MS = 20
const MOST_TRIES = 60

/**
 * Deletes what fits the filter, of one index or of all, and tells every process on this file.
 * @throws SqliteError where the file stays locked or is out of order
 */
export async function removeVectors(
  database: Database.Database,
  indexName: string | undefined,
  filter: VectorFilter,
): Promise<number> {
  const { sql, values } = conditionOf(indexName, filter)
  const remove = database.prepare(`
    DELETE FROM vector_entries WHERE number IN (
      SELECT number FROM vector_entries e
      WHERE number > @after AND number <= @until AND ${sql} LIMIT ${DELETED_AT_ONCE})`)
  let gone = 0
  for (const range of rangesOf(database)) {
    for (;;) {
      const { changes } = await patiently(() => remove.run({ ...values, ...range }))
      gone += changes
      if (changes < DELETED_AT_ONCE) break
      await turn()
    }
    await turn()
  }
  if (gone > 0) await patiently(() => announcePurge(database))
  return gone
}

export async function countVectors(
  database: Database.Database,
  indexName: string | undefined,
  filter: VectorFilter,
): Promise<number> {
  const { sql, values } = conditionOf(indexName, filter)
  const count = database
    .prepare(`SELECT count(*) FROM vector_entries e WHERE number > @after AND number <= @until AND ${sql}`)
    .pluck()
  let found = 0
  for (const range of rangesOf(database)) {
    found += count.get({ ...values, ...range }) as number
    await turn()
  }
  return found
}

export async function removeIds(
  database: Database.Database,
  indexName: string,
  ids: readonly string[],
): Promise<number> {
  const remove = database.prepare('DELETE FROM vector_entries WHERE id = ? AND index_name = ?')
  let gone = 0
  for (const id of ids) gone += (await patiently(() => remove.run(id, indexName))).changes
  return gone
}

/** Of all indexes: one that is used no more is swept too. */
export async function sweepVectors(database: Database.Database, nowMs: number): Promise<number> {
  const remove = database.prepare(`
    DELETE FROM vector_entries WHERE number IN (
      SELECT number FROM vector_entries WHERE expires_at <= ? LIMIT ${DELETED_AT_ONCE})`)
  let gone = 0
  for (;;) {
    const { changes } = await patiently(() => remove.run(nowMs))
    gone += changes
    if (changes < DELETED_AT_ONCE) break
    await turn()
  }
  if (gone > 0) await removeEmptyScopes(database)
  return gone
}

/** At most so many, those first that expire first; how many. Within a transaction of its own. */
export function evictVectors(database: Database.Database, most: number): number {
  return database
    .prepare(
      'DELETE FROM vector_entries WHERE number IN (SELECT number FROM vector_entries ORDER BY expires_at LIMIT ?)',
    )
    .run(most).changes
}

/** Other processes may know a scope by its number, so that they are told to look again. */
async function removeEmptyScopes(database: Database.Database): Promise<void> {
  const remove = database.prepare(`
    DELETE FROM vector_scopes WHERE scope > @after AND scope <= @until
      AND NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.scope = vector_scopes.scope)`)
  const last = database.prepare('SELECT max(scope) FROM vector_scopes').pluck().get() as number | null
  let gone = 0
  for (let after = 0; after < (last ?? 0); after += LOOKED_AT_ONCE) {
    gone += (await patiently(() => remove.run({ after, until: after + LOOKED_AT_ONCE }))).changes
    await turn()
  }
  if (gone > 0) await patiently(() => announcePurge(database))
}

function announcePurge(database: Database.Database): void {
  database.prepare('UPDATE vector_totals SET purges = purges + 1').run()
}

function* rangesOf(database: Database.Database): Generator<{ after: number; until: number }> {
  const last = database.prepare('SELECT max(number) FROM vector_entries').pluck().get() as number | null
  const first = database.prepare('SELECT min(number) FROM vector_entries').pluck().get() as number | null
  for (let after = (first ?? 1) - 1; after < (last ?? 0); after += LOOKED_AT_ONCE) {
    yield { after, until: after + LOOKED_AT_ONCE }
  }
}

function conditionOf(
  indexName: string | undefined,
  { tenant, workflow, keyName, tags = {} }: VectorFilter,
): { sql: string; values: Record<string, string> } {
  const conditions = ['1']
  const values: Record<string, string> = {}
  const must = (condition: string, name: string, value: string | undefined) => {
    if (value === undefined) return
    conditions.push(condition)
    values[name] = value
  }
  must('e.index_name = @indexName', 'indexName', indexName)
  must('e.scope IN (SELECT scope FROM vector_scopes WHERE tenant = @tenant)', 'tenant', tenant)
  must('e.workflow = @workflow', 'workflow', workflow)
  must('e.key_name = @keyName', 'keyName', keyName)
  for (const [index, [name, value]] of Object.entries(tags).entries()) {
    must(
      `EXISTS (SELECT 1 FROM json_each(iif(json_valid(e.tags), e.tags, '{}')) WHERE key = @name${index} AND value = @value${index})`,
      `value${index}`,
      value,
    )
    values[`name${index}`] = name
  }
  return { sql: conditions.join(' AND '), values }
}

/** Not by SQLite's own waiting, which holds up the event loop. */
async function patiently<Result>(write: () => Result): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return write()
    } catch (error) {
      if (!isLocked(error) || tries === MOST_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

export function isLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^SQLITE_(BUSY|LOCKED)/.test(String(error.code))
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
