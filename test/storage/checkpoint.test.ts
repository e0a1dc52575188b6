import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openForReading, openForWriting, waitPatiently } from '../../src/platform/node/sqlite.ts'
import { checkpoint } from '../../src/storage/checkpoint.ts'
import { temporaryFolder } from './ledger-rows.ts'

const MEBIBYTE = 2 ** 20

let folder: { path: string; remove: () => void }
let path: string
let database: Database.Database

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'ledger.db')
  database = openForWriting(path)
  waitPatiently(database)
  database.exec('CREATE TABLE blobs (value BLOB)')
})
afterEach(() => {
  database.close()
  folder.remove()
})

test('checkpoint: what is in the log comes to the main file', () => {
  database.prepare('INSERT INTO blobs VALUES (?)').run('a canary in the log')
  expect(readFileSync(path).includes('a canary in the log')).toBe(false)
  expect(checkpoint(database)).toBe('copied')
  expect(readFileSync(path).includes('a canary in the log')).toBe(true)
})

test('checkpoint: a long log starts over in place', () => {
  write(17)
  const size = statSync(`${path}-wal`).size
  expect(checkpoint(database)).toBe('started over')
  write(10)
  expect(statSync(`${path}-wal`).size).toBe(size)
})

test('checkpoint: a reader at work holds a long log, but neither writers nor later checkpoints', () => {
  write(1)
  const reading = openForReading(path)
  const rows = reading.prepare('SELECT value FROM blobs').iterate()
  rows.next()
  write(17)
  expect(checkpoint(database)).toBe('held')
  expect(database.pragma('busy_timeout', { simple: true })).toBe(2000)
  write(1)
  rows.return?.()
  expect(checkpoint(database)).toBe('started over')
  reading.close()
})

function write(mebibytes: number): void {
  database.prepare('INSERT INTO blobs VALUES (zeroblob(?))').run(mebibytes * MEBIBYTE)
}
