/** `cache export` and `cache import`, between servers that run. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerLine, headerLine } from '../../src/cache/answer-line.ts'
import { remembered } from '../cache/exact-store.contract.ts'
import { ask, type Heard } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { runCommand } from '../support/start-trimtab.ts'

let mock: MockProvider
let from: Inside
let to: Inside
let folder: string
let file: string

beforeAll(async () => {
  mock = await startMockProvider()
  const config = `
default_provider: mock
providers: { mock: { base_url: "${mock.url}" } }
`
  const policies = { 'other.yaml': 'limits: { retries: 0 }' }
  from = await startInside({ config, policies })
  to = await startInside({ config, policies })
})

afterAll(async () => {
  await from.stop()
  await to.stop()
  await mock.close()
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-export-'))
  file = join(folder, 'answers.jsonl')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const asked = (content: string) => ({ model: 'm', temperature: 0, messages: [{ role: 'user', content }] })
const hears = (place: Inside, content: string, workflow = 'default', more: object = {}): Promise<Heard> =>
  ask(place.origin, { ...asked(content), ...more }, { headers: { 'x-trimtab-workflow': workflow } })
const cache = (place: string | Inside, ...args: string[]) =>
  runCommand(['cache', ...args, '--data', typeof place === 'string' ? place : place.dataFolder])
const counts = async (place: string | Inside, ...args: string[]) =>
  JSON.parse((await cache(place, ...args, '--json')).stdout)
const isHit = (heard: Heard): boolean => String(heard.headers['cache-status']).includes('hit')
const key = (index: number): string => index.toString(16).padStart(64, '0')
const year = { createdAt: Date.now(), expiresAt: Date.now() + 31_536_000_000 }

describe('an export', () => {
  it('lets another running server answer with the same bytes, streams and workflows too', async () => {
    const whole = await hears(from, 'How deep?')
    const other = await hears(from, 'How deep?', 'other')
    const stream = await hears(from, 'How wide?', 'default', { stream: true })
    expect((await hears(to, 'Not exported?')).status).toBe(200)
    await expect.poll(() => counts(from, 'stats')).toMatchObject({ exact: { answers: 3 } })
    expect((await cache(from, 'export', file)).stdout).toMatch(/answers\.jsonl holds 3 remembered answers/)
    expect(await counts(to, 'import', file)).toMatchObject({ imported: 3, older: 0, expired: 0, damaged: 0 })
    const before = mock.count
    expect((await hears(to, 'How deep?')).text).toBe(whole.text)
    expect((await hears(to, 'How deep?', 'other')).text).toBe(other.text)
    expect((await hears(to, 'How wide?', 'default', { stream: true })).text).toBe(stream.text)
    expect(mock.count).toBe(before)
  })

  it('is readable by its owner alone, begins with its version, and says who answered and until when', async () => {
    await hears(from, 'How old?')
    await expect.poll(async () => (await counts(from, 'stats')).exact.answers).toBeGreaterThan(0)
    await cache(from, 'export', file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const [head, first] = readFileSync(file, 'utf8').split('\n')
    expect(JSON.parse(head ?? '')).toMatchObject({ trimtab_cache: 1 })
    expect(JSON.parse(first ?? '')).toMatchObject({
      tenant: 'default',
      provider: 'mock',
      model: 'm',
      body: expect.stringContaining('"choices"'),
      created_at: expect.stringMatching(/^20.*Z$/),
      expires_at: expect.stringMatching(/^20.*Z$/),
    })
  })

  it('overwrites nothing, and of no cache says so', async () => {
    writeFileSync(file, 'mine')
    const { code, stderr } = await cache(from, 'export', file)
    expect([code, stderr.trim()]).toEqual([1, `${file} is there already: name another file.`])
    expect(readFileSync(file, 'utf8')).toBe('mine')
    const empty = await cache(folder, 'export', join(folder, 'x.jsonl'))
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('There is no cache at')])
    expect(existsSync(join(folder, 'x.jsonl'))).toBe(false)
  })

  it('goes to standard output as -, and nothing else does', async () => {
    await hears(from, 'How far?')
    const printed = await cache(from, 'export', '-')
    expect(printed.stderr).toMatch(/^The export holds \d+ remembered answers?: keep it/)
    expect(existsSync('-')).toBe(false)
    const lines = printed.stdout.trimEnd().split('\n')
    await cache(from, 'export', file)
    const [, ...kept] = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines.slice(1)).toEqual(kept)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ trimtab_cache: 1 })
  })
})

describe('an import', () => {
  const write = (...lines: string[]): void =>
    writeFileSync(file, [headerLine(Date.now()), ...lines].map((line) => `${line}\n`).join(''))

  it('makes the cache of a server that was never started', async () => {
    const data = join(folder, 'data')
    write(answerLine(remembered(key(1), year)))
    expect(await counts(data, 'import', file)).toMatchObject({ imported: 1 })
    expect(await counts(data, 'stats')).toMatchObject({ exact: { answers: 1 } })
  })

  it('tells each damaged line at its place, and takes the others: exit 1', async () => {
    const good = answerLine(remembered(key(1), year))
    write(good, '{"key":', '', good.replace('"json"', '"xml"'), answerLine(remembered(key(2), year)))
    const { code, stdout, stderr } = await cache(join(folder, 'data'), 'import', file)
    expect(code).toBe(1)
    const told = stderr.trim().split('\n')
    expect(told).toHaveLength(2)
    expect(told[0]).toBe(
      `${file}:3  The line is not valid JSON, so that it was cut or changed; it is left out.`,
    )
    expect(told[1]).toContain(`${file}:5  The line has a wrong \`form\``)
    expect(stdout).toMatch(/^Imported 2 answers.*; 2 lines were damaged\./)
  })

  it('leaves out what has expired, and what is there as new or newer', async () => {
    const data = join(folder, 'data')
    const aged = (model: string, ageMs: number) =>
      answerLine(remembered(key(7), { ...year, model, createdAt: year.createdAt - ageMs }))
    write(aged('middle', 1000), answerLine(remembered(key(8), { ...year, expiresAt: Date.now() - 1 })))
    expect(await counts(data, 'import', file)).toMatchObject({ imported: 1, expired: 1 })
    write(aged('older', 2000))
    expect(await counts(data, 'import', file)).toMatchObject({ imported: 0, older: 1 })
    write(aged('newer', 0))
    expect(await counts(data, 'import', file)).toMatchObject({ imported: 1, older: 0 })
    expect(rows(data)).toEqual([{ model: 'newer' }])
  })

  it('is seen by a running server that has the older answer in memory', async () => {
    const first = await hears(to, 'Which one?')
    await expect.poll(async () => isHit(await hears(to, 'Which one?'))).toBe(true)
    await cache(to, 'export', file)
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const mine = lines.find((line) => line.includes(JSON.parse(first.text).id))
    const changed = {
      ...JSON.parse(mine ?? ''),
      body: '{"choices":[]}',
      created_at: new Date().toISOString(),
    }
    write(JSON.stringify(changed))
    expect(await counts(to, 'import', file)).toMatchObject({ imported: 1 })
    await expect
      .poll(async () => (await hears(to, 'Which one?')).text, { timeout: 10_000 })
      .toBe('{"choices":[]}')
  })

  it('an answer that was moved to another tenant answers nobody', async () => {
    await hears(from, 'Whose?')
    await expect.poll(async () => isHit(await hears(from, 'Whose?'))).toBe(true)
    await cache(from, 'export', file)
    const stolen = readFileSync(file, 'utf8').replaceAll('"tenant":"default"', '"tenant":"another"')
    writeFileSync(file, stolen)
    const third = await startInside({
      config: `default_provider: mock\nproviders: { mock: { base_url: "${mock.url}" } }`,
      policies: { 'other.yaml': 'limits: { retries: 0 }' },
    })
    expect((await counts(third, 'import', file)).imported).toBeGreaterThan(0)
    expect(isHit(await hears(third, 'Whose?'))).toBe(false)
    await third.stop()
  })

  it.each([
    ['another file', 'hello\n', /is no export of a cache: its first line must/],
    ['an empty one', '', /is no export of a cache/],
    [
      'a later version',
      '{"trimtab_cache":9}\n',
      /is an export of version 9, and this trimtab reads version 1/,
    ],
  ])('%s is refused as a whole: exit 1 and one sentence', async (_, text, message) => {
    writeFileSync(file, text)
    const { code, stderr, stdout } = await cache(join(folder, 'data'), 'import', file)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trim()).toMatch(message)
    expect(stderr.trim()).not.toContain('\n')
  })

  it('killed half-way has lost nothing, and a second one brings the rest', async () => {
    const data = join(folder, 'data')
    const lines = Array.from({ length: 500 }, (_, index) => answerLine(remembered(key(index + 10), year)))
    write(answerLine(remembered(key(1), year)))
    await counts(data, 'import', file)
    // Node gives a child a socket for its input, which has no path; a shell's pipe has one.
    const args = [program, 'cache', 'import', '/dev/stdin', '--data', data]
    const piped = ['-c', 'cat | exec "$0" "$@"', process.execPath, ...args]
    const child = spawn('sh', piped, { detached: true })
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))
    child.stdin.on('error', () => {}) // its reader is killed
    child.stdin.write([headerLine(Date.now()), ...lines.slice(0, 250)].map((line) => `${line}\n`).join(''))
    await expect.poll(() => rows(data).length, { timeout: 20_000 }).toBeGreaterThan(100)
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    expect(await ended).toBe('SIGKILL')
    expect(rows(data).length).toBeLessThan(501)
    write(...lines)
    const { imported, older } = await counts(data, 'import', file)
    expect([imported + older, rows(data).length]).toEqual([500, 501])
    expect(older).toBeGreaterThanOrEqual(100)
  })
})

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

function rows(data: string): unknown[] {
  const database = new Database(join(data, 'cache.db'), { readonly: true })
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    return database.prepare('SELECT model FROM exact_answers').all()
  } finally {
    database.close()
  }
}
