import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openForReading, openForWriting } from '../../src/platform/node/sqlite.ts'
import {
  type Migration,
  migrate,
  readMigrations,
  requireSchema,
  schemaVersion,
} from '../../src/storage/migrate.ts'
import { MIGRATIONS, NOON, temporaryFolder } from './ledger-rows.ts'

let folder: { path: string; remove: () => void }
let path: string
const first = readMigrations(MIGRATIONS).slice(0, 1)
const second: Migration = { version: 2, name: 'notes', sql: 'ALTER TABLE requests ADD COLUMN note TEXT;' }
const now = () => NOON

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'ledger.db')
})
afterEach(() => folder.remove())

test('migrate: a new ledger is made without a backup, and a second time nothing happens', async () => {
  const database = openForWriting(path)
  expect(await migrate(database, first, now)).toBeUndefined()
  expect(await migrate(database, first, now)).toBeUndefined()
  expect(schemaVersion(database)).toBe(1)
  expect(readdirSync(folder.path).filter((file) => file.includes('before'))).toEqual([])
  database.close()
})

test('migrate: an existing ledger is copied aside, whole, before it goes forward', async () => {
  const database = openForWriting(path)
  await migrate(database, first, now)
  database.exec(
    "INSERT INTO instances (host, pid, started_at, seen_at, oldest_open) VALUES ('here', 1, 2, 3, '')",
  )
  const migrated = await migrate(database, [...first, second], now)
  expect(migrated).toEqual({ from: 1, to: 2, backup: `${path}.before-0002` })
  expect(schemaVersion(database)).toBe(2)
  database.close()
  const copy = new Database(`${path}.before-0002`, { readonly: true })
  expect(schemaVersion(copy)).toBe(1)
  expect(copy.prepare('SELECT count(*) FROM instances').pluck().get()).toBe(1)
  copy.close()
})

test('migrate: one that fails leaves the ledger as it was', async () => {
  const database = openForWriting(path)
  await migrate(database, first, now)
  const broken: Migration = { version: 3, name: 'broken', sql: 'CREATE TABLE a (b); CREATE TABLE a (b);' }
  await expect(migrate(database, [...first, second, broken], now)).rejects.toThrow(/already exists/)
  expect(schemaVersion(database)).toBe(1)
  expect(
    database
      .prepare('SELECT * FROM requests')
      .columns()
      .map(({ name }) => name),
  ).not.toContain('note')
  expect(database.inTransaction).toBe(false)
  database.close()
})

test('migrate: two processes that start at once migrate once, and the copy is of the old schema', async () => {
  const [one, other] = [openForWriting(path), openForWriting(path)]
  await migrate(one, first, now)
  await Promise.all([migrate(one, [...first, second], now), migrate(other, [...first, second], now)])
  expect(schemaVersion(other)).toBe(2)
  expect(readdirSync(folder.path).filter((file) => file.includes('before'))).toEqual([
    'ledger.db.before-0002',
  ])
  const copy = new Database(`${path}.before-0002`, { readonly: true })
  expect(schemaVersion(copy)).toBe(1)
  copy.close()
  one.close()
  other.close()
})

test('migrate: a ledger of a newer trimtab is refused with what to do, and stays untouched', async () => {
  const database = openForWriting(path)
  await migrate(database, [...first, second], now)
  await expect(migrate(database, first, now)).rejects.toMatchObject({
    code: 'ledger_unavailable',
    message: `The ledger ${path} has schema 2, written by a newer trimtab, and this one knows schemas up to 1: run that newer version, or put back ${path}.before-0002.`,
  })
  expect(schemaVersion(database)).toBe(2)
  database.close()
})

test('requireSchema: an older ledger is not migrated by a reader, who says what is', async () => {
  const database = openForWriting(path)
  await migrate(database, first, now)
  expect(() => requireSchema(database, 1)).not.toThrow()
  expect(() => requireSchema(database, 2)).toThrow(/start `trimtab serve`/)
  expect(() => requireSchema(database, 0)).toThrow(/newer trimtab/)
  database.close()
})

test('openForReading: a missing ledger says where it was looked for, and makes none', () => {
  expect(() => openForReading(path)).toThrow(`There is no ledger at ${path}`)
  expect(existsSync(path)).toBe(false)
})

test('openForReading: a file that is no database is a Failure that names it', () => {
  writeFileSync(path, 'no database, but long enough to have a header to look at'.repeat(20))
  expect(() => openForReading(path)).toThrow(/cannot be opened \(file is not a database\)/)
  expect(() => openForWriting(join(folder.path, 'none', 'ledger.db'))).toThrow(/check that its folder exists/)
})

test('openForReading: reads a ledger after its writer closed, and what was never checkpointed', async () => {
  const database = openForWriting(path)
  await migrate(database, first, now)
  const reading = openForReading(path)
  expect(schemaVersion(reading)).toBe(1)
  reading.close()
  database.close()
  const later = openForReading(path)
  expect(schemaVersion(later)).toBe(1)
  later.close()
})

test('migrations: sums of hours that have their requests are made again, the others are kept', async () => {
  const database = openForWriting(path)
  await migrate(database, first, now)
  database.exec("INSERT INTO rollups VALUES (0, 3, 0, x'01'), (3600000, 2, 1, x'01')")
  await migrate(database, readMigrations(MIGRATIONS), now)
  expect(database.prepare('SELECT hour, raw, parts, columns FROM rollups').all()).toEqual([
    { hour: 0, raw: 0, parts: null, columns: null },
  ])
  database.close()
})

test('migrate: what an older version left unread is looked at, and what was billed is not', async () => {
  const database = openForWriting(path)
  const all = readMigrations(MIGRATIONS)
  await migrate(database, all.slice(0, 4), now)
  const insert = database.prepare(
    "INSERT INTO made_ids VALUES (?, 't', 'openai', 'one', 'r', ?, ?, ?, ?, ?, NULL)",
  )
  const made = (
    id: string,
    more: { ageDays?: number; maker?: string; batch?: string; billedAs?: string },
  ) => {
    const at = Date.now() - (more.ageDays ?? 1) * 86_400_000
    insert.run(id, at, at, more.maker ?? null, more.batch ?? null, more.billedAs ?? null)
  }
  made('resp_unread', { maker: '{}' })
  made('resp_read', { maker: '{}', billedAs: 'req_1' })
  made('resp_old', { maker: '{}', ageDays: 40 })
  made('batch_unread', { maker: '{}' })
  made('batch_read', { maker: '{}' })
  made('file_read', { batch: 'batch_read', billedAs: 'req_2' })
  made('file_other', {})
  await migrate(database, all, now)
  const due = database.prepare('SELECT id FROM made_ids WHERE look_at IS NOT NULL ORDER BY id').pluck().all()
  expect(due).toEqual(['batch_unread', 'resp_unread'])
  database.close()
})
