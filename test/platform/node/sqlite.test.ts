import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commitDurably, openForWriting } from '../../../src/platform/node/sqlite.ts'

let folder: string
let database: Database.Database

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-sqlite-'))
  database = openForWriting(join(folder, 'ledger.db'))
})

afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** SQLite's numbers: https://sqlite.org/pragma.html#pragma_synchronous */
test.each([
  ['process', 1],
  ['power', 2],
] as const)('commitDurably: %s sets SQLite’s synchronous to %d', (durability, level) => {
  commitDurably(database, durability)
  expect(database.pragma('synchronous', { simple: true })).toBe(level)
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
})
