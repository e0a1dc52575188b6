/** Which binaries of better-sqlite3 may abort the process. */
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { binaryFault, sqliteFault } from '../../../src/platform/node/sqlite-binary.ts'

const folder = mkdtempSync(join(tmpdir(), 'trimtab-binary-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('one that asks for a context as its objects are collected is told of, with what to do', () => {
  const packageFile = createRequire(import.meta.url).resolve('better-sqlite3/package.json')
  const binary = join(folder, 'better_sqlite3.node')
  copyFileSync(join(dirname(packageFile), 'build/Release/better_sqlite3.node'), binary)
  expect(binaryFault(binary)).toBeUndefined()
  appendFileSync(binary, '_ZN4node28RemoveEnvironmentCleanupHookEPN2v87IsolateEPFvPvES3_')
  expect(binaryFault(binary)).toMatch(
    /^better-sqlite3 was compiled .* use Node 22, or .*npm rebuild better-sqlite3/,
  )
})

test('versions without a compiled binary, and what runs here, are not', () => {
  expect(binaryFault(join(folder, 'none.node'))).toBeUndefined()
  expect(sqliteFault()).toBeUndefined()
})
