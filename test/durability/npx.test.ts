/** `npx trimtab serve`: whoever stops npx stops trimtab, though npm passes the signal on to a shell alone. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../support/model-server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-npx-'))
  writeFileSync(join(folder, 'package.json'), '{"name":"an-application","version":"1.0.0"}')
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules', 'trimtab'))
  symlinkSync('../trimtab/dist/cli.js', join(folder, 'node_modules', '.bin', 'trimtab'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each(['SIGTERM', 'SIGKILL'] as const)('%s to npx leaves nothing that runs', async (signal) => {
  const npx = spawn('npx', ['trimtab', 'serve', '--sandbox', '--port', '0', '--data', 'data'], {
    cwd: folder,
  })
  let printed = ''
  npx.stdout.on('data', (piece) => {
    printed += piece
  })
  await until(() => printed.includes('trimtab listens on'))
  const ledger = join(folder, 'data', 'ledger.db')
  const pid = trimtabIn(ledger)
  expect(isRunning(pid)).toBe(true)
  process.kill(npx.pid ?? 0, signal)
  await until(() => !isRunning(pid))
  // In good order: it took itself out of the table of those who write.
  await until(() => trimtabIn(ledger) === 0)
})

test('killed before trimtab has come to look for it, npx leaves nothing that runs either', async () => {
  const npx = spawn('npx', ['trimtab', 'serve', '--sandbox', '--port', '0', '--data', 'data'], {
    cwd: folder,
    stdio: 'ignore',
  })
  await until(() => started())
  process.kill(npx.pid ?? 0, 'SIGKILL')
  await until(() => !started())
})

/** Whether the program runs as it lies in the folder, from its first moment on. */
function started(): boolean {
  const program = `node ${join(folder, 'node_modules', '.bin', 'trimtab')}`
  return execFileSync('ps', ['-eo', 'args=']).toString().includes(program)
}

function trimtabIn(ledger: string): number {
  const database = new Database(ledger, { readonly: true })
  try {
    return Number(database.prepare('SELECT pid FROM instances').pluck().get() ?? 0)
  } finally {
    database.close()
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
