/** All remembered questions of one embedder in `cache.db`, page by page: other work goes on in between. */
import type Database from 'better-sqlite3'
import type { StoredEntry } from '../vectors/vector-index.ts'
import { storedTags } from './stored-tags.ts'

const PAGE = 200

type Row = readonly [
  number: number,
  id: string,
  tenant: string,
  partition: string,
  workflow: string,
  keyName: string | null,
  tags: string,
  createdAtMs: number,
  expiresAtMs: number,
  question: string,
  answer: string,
]

type QuestionRow = readonly [number: number, question: string]

/** @throws SqliteError where the file is out of order */
export async function* storedEntries(
  database: Database.Database,
  indexName: string,
): AsyncGenerator<StoredEntry> {
  const page = database
    .prepare<[number, string], Row>(`
      SELECT number, id, tenant, partition, workflow, key_name, tags, created_at, expires_at, question, answer
      FROM vector_entries e JOIN vector_scopes s ON s.scope = e.scope
      WHERE number > ? AND e.index_name = ? ORDER BY number LIMIT ${PAGE}`)
    .raw() as unknown as Database.Statement<[number, string], Row>
  let last = 0
  for (;;) {
    const rows = page.all(last, indexName)
    for (const row of rows) {
      last = row[0]
      const entry = entryOf(row)
      if (entry !== undefined) yield entry
    }
    if (rows.length < PAGE) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Those of one scope, the newest first. @throws SqliteError where the file is out of order */
export async function* storedQuestions(database: Database.Database, scope: number): AsyncGenerator<string> {
  const page = database
    .prepare<[number, number], QuestionRow>(`
      SELECT v.number, question FROM vectors v JOIN vector_entries e ON e.number = v.number
      WHERE v.scope = ? AND v.number < ? ORDER BY v.number DESC LIMIT ${PAGE}`)
    .raw() as unknown as Database.Statement<[number, number], QuestionRow>
  let last = Number.MAX_SAFE_INTEGER
  for (;;) {
    const rows = page.all(scope, last)
    for (const [number, question] of rows) {
      last = number
      yield question
    }
    if (rows.length < PAGE) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Undefined where the row is damaged. */
function entryOf(row: Row): StoredEntry | undefined {
  const [, id, tenant, partition, workflow, keyName, told, createdAtMs, expiresAtMs, question, answer] = row
  const tags = storedTags(told)
  if (tags === undefined) return undefined
  return {
    id,
    tenant,
    partition,
    workflow,
    keyName: keyName ?? undefined,
    tags,
    question,
    answer,
    createdAtMs,
    expiresAtMs,
  }
}
