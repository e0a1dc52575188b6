import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, chat } from '../support/ask.ts'
import { integrityOf, readLedger } from '../support/ledger-file.ts'
import { runCommand, startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let trimtab: Trimtab
/** Made while the server was answering. */
let backup: string
let folder: string
/** How many requests had been answered before the backup was asked for. */
let answeredBefore = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-backup-'))
  backup = join(folder, 'ledger-backup.db')
  trimtab = await startTrimtab({
    config: 'providers: { a: { base_url: "http://127.0.0.1:9/v1", api_key: k } }\n',
    args: ['--sandbox'],
  })
  await trimtab.json('keys', 'create', '--name', 'web', '--json')
  let asking = true
  const callers = [1, 2, 3, 4].map(async () => {
    while (asking) {
      const { status } = await ask(trimtab.origin, chat('sandbox/sandbox-small', { max_tokens: 1 }))
      if (status === 200) answeredBefore++
    }
  })
  while (answeredBefore < 20) await new Promise((resolve) => setTimeout(resolve, 20))
  const before = answeredBefore
  const made = await trimtab.command('backup', backup)
  asking = false
  await Promise.all(callers)
  answeredBefore = before
  expect(made).toMatchObject({ code: 0, stderr: '' })
  expect(made.stdout).toContain(`${backup} holds ${join(trimtab.dataFolder, 'ledger.db')} whole and sound`)
})

afterAll(async () => {
  await trimtab.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('backup', () => {
  test('while serving: one sound file with everything answered before it', () => {
    expect(readdirSync(folder)).toEqual(['ledger-backup.db'])
    expect(integrityOf(backup)).toBe('ok')
    const answered = readLedger(backup).filter(({ status }) => status === 200)
    expect(answered.length).toBeGreaterThanOrEqual(answeredBefore)
    expect(answered.length).toBeLessThanOrEqual(readLedger(join(trimtab.dataFolder, 'ledger.db')).length)
  })

  test('never replaces a file: exit 1', async () => {
    const before = readFileSync(backup)
    const { code, stderr } = await trimtab.command('backup', backup)
    expect([code, stderr]).toEqual([1, `${backup} is there already: name another file.\n`])
    expect(readFileSync(backup).equals(before)).toBe(true)
  })

  test('where nothing can be written: exit 2, and nothing is left', async () => {
    const { code, stderr } = await trimtab.command('backup', join(folder, 'no', 'such', 'x.db'))
    expect(code).toBe(2)
    expect(stderr.trimEnd()).not.toContain('\n')
  })
})

describe('restore', () => {
  test('under a running trimtab is refused: exit 1, nothing changed', async () => {
    const { code, stderr } = await trimtab.command('restore', backup)
    expect(code).toBe(1)
    expect(stderr).toBe(
      `A trimtab is using ${join(trimtab.dataFolder, 'ledger.db')}: stop it first, or name another folder with --data.\n`,
    )
    expect(readdirSync(trimtab.dataFolder).filter((name) => /restore|tmp/.test(name))).toEqual([])
    expect((await ask(trimtab.origin, chat('sandbox/sandbox-small'))).status).toBe(200)
  })

  test('into a new folder: requests and keys are there, and it serves', async () => {
    const data = join(folder, 'elsewhere', 'data')
    const restored = await runCommand(['restore', backup, '--data', data], undefined, folder)
    expect(restored).toMatchObject({
      code: 0,
      stdout: `${join(data, 'ledger.db')} is what ${backup} holds.\n`,
    })
    const keys = await runCommand(['keys', 'list', '--data', data, '--json'], undefined, folder)
    expect(keys.stdout).toContain('"web"')
    const again = await startTrimtab({ config: '{}', folder: join(folder, 'elsewhere'), args: ['--sandbox'] })
    try {
      expect((await ask(again.origin, chat('sandbox/sandbox-small'))).status).toBe(200)
      expect(readLedger(join(data, 'ledger.db')).length).toBe(readLedger(backup).length + 1)
    } finally {
      await again.stop({ keep: true })
    }
  })

  test('over another ledger keeps that one beside', async () => {
    const data = join(folder, 'other')
    mkdirSync(data)
    const other = new Database(join(data, 'ledger.db'))
    other.pragma('journal_mode = WAL')
    other.exec('CREATE TABLE mine (x)')
    other.close()
    const { code, stdout } = await runCommand(['restore', backup, '--data', data], undefined, folder)
    expect(code).toBe(0)
    const kept = /kept as (.*)\.$/m.exec(stdout)?.[1] ?? ''
    const old = new Database(kept, { readonly: true })
    expect(old.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['mine'])
    old.close()
    expect(readLedger(join(data, 'ledger.db')).length).toBe(readLedger(backup).length)
  })

  test('over a ledger that is broken keeps that one beside, too', async () => {
    const data = join(folder, 'broken')
    mkdirSync(data)
    writeFileSync(join(data, 'ledger.db'), 'garbage')
    const { code, stdout } = await runCommand(['restore', backup, '--data', data], undefined, folder)
    expect(code).toBe(0)
    expect(readFileSync(/kept as (.*)\.$/m.exec(stdout)?.[1] ?? '', 'utf8')).toBe('garbage')
    expect(integrityOf(join(data, 'ledger.db'))).toBe('ok')
  })

  test.each<[string, (path: string) => void, RegExp]>([
    ['no file', () => {}, /^There is no file /],
    [
      'no database',
      (path) => writeFileSync(path, 'garbage'.repeat(1000)),
      /cannot be restored from: file is not a database\.$/,
    ],
    [
      'a database of something else',
      (path) => new Database(path).exec('CREATE TABLE x (y)').close(),
      /it is no ledger of trimtab\.$/,
    ],
    [
      'half a backup',
      (path) => writeFileSync(path, readFileSync(backup).subarray(0, 8192)),
      /cannot be restored from: /,
    ],
    [
      'a ledger of a newer trimtab',
      (path) => {
        writeFileSync(path, readFileSync(backup))
        new Database(path).exec("INSERT INTO schema_migrations VALUES (9999, 'later', 0)").close()
      },
      /it has schema 9999, written by a newer trimtab/,
    ],
  ])('from %s: exit 1, one sentence, nothing made', async (_, make, message) => {
    const path = join(folder, 'odd.db')
    rmSync(path, { force: true })
    make(path)
    const data = join(folder, 'untouched')
    const { code, stderr } = await runCommand(['restore', path, '--data', data], undefined, folder)
    expect(code).toBe(1)
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
    expect(existsSync(join(data, 'ledger.db'))).toBe(false)
  })

  test('--help says how', async () => {
    const { stdout } = await runCommand(['restore', '--help'])
    expect(stdout).toContain('Stop trimtab first')
    expect(stdout).toContain('ledger.db.before-restore-TIME')
  })
})
