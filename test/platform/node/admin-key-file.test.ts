import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { generateAdminKey } from '../../../src/access/admin-key.ts'
import { readOrCreateAdminKey } from '../../../src/platform/node/admin-key-file.ts'

let folder: string
const generate = () => generateAdminKey(randomBytes)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-admin-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('readOrCreateAdminKey makes a key once, for its owner alone, and reads it ever after', () => {
  const first = readOrCreateAdminKey(folder, generate)
  expect(first.made).toBe(true)
  expect(statSync(join(folder, 'admin-key')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, 'admin-key'), 'utf8')).toBe(`${first.key}\n`)
  expect(readOrCreateAdminKey(folder, generate)).toEqual({ key: first.key, made: false })
})

test('readOrCreateAdminKey closes a file that others may read', () => {
  readOrCreateAdminKey(folder, generate)
  chmodSync(join(folder, 'admin-key'), 0o644)
  readOrCreateAdminKey(folder, generate)
  expect(statSync(join(folder, 'admin-key')).mode & 0o777).toBe(0o600)
})

test('readOrCreateAdminKey says in one sentence what is wrong with the file or folder', () => {
  writeFileSync(join(folder, 'admin-key'), 'hello')
  expect(() => readOrCreateAdminKey(folder, generate)).toThrow(
    `${join(folder, 'admin-key')} holds no admin key: delete it and start again to make one.`,
  )
  expect(() => readOrCreateAdminKey(join(folder, 'missing'), generate)).toThrow(
    /^The admin key .* cannot be written: ENOENT/,
  )
})
