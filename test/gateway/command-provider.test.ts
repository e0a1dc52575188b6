/** Requests to a model server that trimtab starts: they wait while it loads, move on where it fails, and find it again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLedgerReader } from '../../src/platform/node/node-ledger.ts'
import { ask, chat, contentOf, errorOf, startAsking } from '../support/ask.ts'
import { readLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import {
  modelServerWords,
  type ProcessList,
  processList,
  standings,
  until,
  untilState,
} from '../support/model-server.ts'
import { parseMetrics, sampleSum } from '../support/prometheus-text.ts'
import { type Inside, startInside } from '../support/start-inside.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let folder: string
let processes: ProcessList
let trimtab: Inside | undefined
let mock: MockProvider | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-command-'))
  processes = processList(folder)
  trimtab = undefined
  mock = undefined
})

afterEach(async () => {
  await trimtab?.stop()
  await mock?.close()
  expect(processes.left()).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})

function provider(args: readonly string[], more = ''): string {
  const command = JSON.stringify(modelServerWords(processes.file, ...args))
  return `local: { command: ${command}, models: [small]${more} }`
}

async function inside(policy: string, providers: readonly string[]): Promise<Inside> {
  trimtab = await startInside({
    config: `providers: { ${providers.join(', ')} }\n`,
    policies: { 'default.yaml': policy },
  })
  return trimtab
}

const FALLING_OVER = `
tiers: { all: { use: [local/small, mock/gpt-4o-mini] } }
route: [{ name: all, to: all }]
fallback: { on: [5xx, timeout] }
limits: { first_chunk: 500ms, retries: 0 }
`

describe('a command provider', () => {
  test('that loads: requests wait for it, JSON and streams, and are answered by it', async () => {
    const { origin, ledgerFile } = await inside('limits: {}', [provider(['--load-ms', '1200'])])
    expect((await standings(origin))[0]).toMatchObject({ provider: 'local', state: 'starting' })
    const [json, stream] = await Promise.all([
      ask(origin, chat('small')),
      ask(origin, chat('small', { stream: true })),
    ])
    expect(json?.headers['x-trimtab-model']).toBe('local/small')
    expect([contentOf(json), contentOf(stream)]).toEqual(['I am small.', 'I am small.'])
    expect((await standings(origin))[0]).toMatchObject({ state: 'ready', starts: 1 })
    const metrics = parseMetrics(await (await fetch(`${origin}/metrics`)).text())
    expect(sampleSum(metrics, 'trimtab_command_ready', { provider: 'local' })).toBe(1)
    expect(sampleSum(metrics, 'trimtab_command_starts', { provider: 'local' })).toBe(1)
    const attempts = readLedger(ledgerFile).flatMap((row) => row.attempts)
    expect(attempts.map(({ outcome, usage }) => [outcome, usage])).toEqual([
      ['answered', 'reported'],
      ['answered', 'reported'],
    ])
  })

  test('of several copies: each takes as many requests as it may, and the rest wait', async () => {
    const { origin, ledgerFile } = await inside('limits: {}', [
      provider([], ', replicas: 3, max_in_flight: 1, cost: { usd_per_hour: 3.6 }'),
    ])
    await until(async () => (await standings(origin)).every(({ state }) => state === 'ready'))
    const asked = Array.from({ length: 6 }, () => ask(origin, chat('local/slow-100')))
    const ids = (await Promise.all(asked)).map(({ text }) => (JSON.parse(text) as { id: string }).id)
    const byServer = [...new Set(ids)].map((id) => ids.filter((other) => other === id).length)
    expect(byServer).toEqual([2, 2, 2])
    const metrics = parseMetrics(await (await fetch(`${origin}/metrics`)).text())
    expect(sampleSum(metrics, 'trimtab_command_ready')).toBe(3)
    expect(sampleSum(metrics, 'trimtab_command_memory_bytes')).toBeGreaterThan(60e6)
    await trimtab?.stop({ keep: true })
    const { reader, close } = openLedgerReader(ledgerFile)
    const { standing = [], totals } = await reader.report({ since: 0, until: 1e15, timeZone: 'UTC', by: [] })
    close()
    expect(standing).toMatchObject([{ provider: 'local', output_tokens: 24, unserved_usd: 0 }])
    // A cent an hour of each replica for ten seconds: what it stood ready, and no less than it was busy.
    expect(standing[0]?.usd).toBeCloseTo((standing[0]?.replica_hours ?? 0) * 3.6, 6)
    expect(standing[0]?.replica_hours).toBeGreaterThan((6 * 0.4) / 3600)
    expect(totals.unpriced_requests).toBe(0)
    expect(totals.cost_usd).toBeGreaterThan(0)
  })

  test('without /health is ready once it lists its models; its own `ready` path is obeyed', async () => {
    const { origin } = await inside('limits: {}', [provider(['--no-health'], ', ready: /environment')])
    expect((await ask(origin, chat('small'))).status).toBe(200)
    await trimtab?.stop()
    const usual = await inside('limits: {}', [provider(['--no-health'])])
    expect((await ask(usual.origin, chat('small'))).status).toBe(200)
  })

  test('that still loads at the deadline: the next target answers, nothing was sent and nothing is billed', async () => {
    mock = await startMockProvider()
    const { origin, ledgerFile } = await inside(FALLING_OVER, [
      provider(['--load-ms', '60000']),
      `mock: { base_url: "${mock.url}" }`,
    ])
    const answer = await ask(origin, chat('small'))
    expect([answer.status, answer.headers['x-trimtab-model']]).toEqual([200, 'mock/gpt-4o-mini'])
    const [row] = readLedger(ledgerFile)
    expect(row?.attempts.map(({ outcome, usage }) => [outcome, usage])).toEqual([
      ['timeout', 'absent'],
      ['answered', 'reported'],
    ])
  })

  test('that still loads when its caller leaves: the waiting ends there, and nothing is sent later', async () => {
    const { origin, ledgerFile } = await inside('limits: {}', [provider(['--load-ms', '1500'])])
    const asking = startAsking(origin, chat('small'))
    await until(() => readLedger(ledgerFile).length === 1)
    asking.leave()
    await untilState(origin, 'ready')
    await until(() => readLedger(ledgerFile)[0]?.status === 499)
    expect(readLedger(ledgerFile)[0]?.attempts).toMatchObject([{ outcome: 'abandoned', usage: 'absent' }])
  })

  test('that fails to start: no waiting, the reason in the answer and in /readyz, and starts further and further apart', async () => {
    const { origin, warnings } = await inside('limits: { retries: 0 }', [provider(['--fail-starts', '1000'])])
    await untilState(origin, 'failing')
    const answer = await ask(origin, chat('small'))
    expect(answer.status).toBe(502)
    expect(errorOf(answer).message).toBe(
      'Provider local could not be reached: its command ended with exit code 3.',
    )
    const ready = (await (await fetch(`${origin}/readyz`)).json()) as { ready: boolean; warnings: unknown[] }
    expect(ready).toMatchObject({
      ready: true,
      warnings: [{ message: expect.stringContaining('its command ended with exit code 3') }],
    })
    await until(async () => ((await standings(origin))[0]?.starts ?? 0) >= 3)
    expect(warnings[0]).toMatch(
      /ended with exit code 3; its last words: out of memory, as it were\. .* again in/,
    )
  })

  test('that fails twice and then starts is used again', async () => {
    const { origin } = await inside('limits: { retries: 0 }', [provider(['--fail-starts', '2'])])
    await untilState(origin, 'ready')
    expect((await standings(origin))[0]).toMatchObject({ starts: 3 })
    expect((await standings(origin))[0]).not.toHaveProperty('reason')
    expect((await ask(origin, chat('small'))).status).toBe(200)
  })

  test('that fails to start, beside another: the other answers', async () => {
    mock = await startMockProvider()
    const { origin } = await inside(FALLING_OVER, [
      provider(['--fail-starts', '1000']),
      `mock: { base_url: "${mock.url}" }`,
    ])
    await untilState(origin, 'failing')
    expect((await ask(origin, chat('small'))).headers['x-trimtab-model']).toBe('mock/gpt-4o-mini')
  })

  test('that is never ready is ended after ready_timeout, and started again', async () => {
    const { origin, warnings } = await inside('limits: { retries: 0 }', [
      provider(['--load-ms', '60000'], ', ready_timeout: 400ms'),
    ])
    await untilState(origin, 'failing')
    expect(errorOf(await ask(origin, chat('small'))).message).toContain('was not ready within 0.4 s')
    await until(async () => ((await standings(origin))[0]?.starts ?? 0) >= 2)
    expect(warnings[0]).toContain('was not ready within 0.4 s (ready_timeout)')
    expect(processes.running().length).toBeLessThan(2)
  })

  test.each([
    ['no such program', '[no-such-server, "{port}"]', 'its command was not found'],
    ['a file that is no program', '[./notes.txt, "{port}"]', 'its command may not be executed'],
  ])('%s is told in one sentence', async (_, command, reason) => {
    writeFileSync(join(folder, 'notes.txt'), 'no program')
    const { origin } = await inside('limits: { retries: 0 }', [
      `local: { command: ${command}, directory: "${folder}", models: [small] }`,
    ])
    await untilState(origin, 'failing')
    expect(errorOf(await ask(origin, chat('small'))).message).toContain(reason)
  })

  test('a folder that is missing is told in one sentence', async () => {
    const { origin } = await inside('limits: { retries: 0 }', [provider([], ', directory: /no/such/folder')])
    await untilState(origin, 'failing')
    expect(errorOf(await ask(origin, chat('small'))).message).toContain('has no folder /no/such/folder')
  })

  test('that crashes in its answer: the break is told, and requests wait for its next start', async () => {
    const { origin, ledgerFile } = await inside('limits: { retries: 0 }', [provider([])])
    await untilState(origin, 'ready')
    const broken = await ask(origin, chat('local/crash', { stream: true }))
    expect(broken.text).toContain('"content":" am"')
    expect(broken.text).toContain('closed the connection before its answer was whole')
    expect(broken.text).not.toContain('[DONE]')
    // Its end may be seen a moment later than the break, and its next start be over a moment after that.
    await until(async () => {
      const [standing] = await standings(origin)
      return standing?.state !== 'ready' || standing.starts === 2
    })
    expect((await ask(origin, chat('small'))).status).toBe(200)
    expect((await standings(origin))[0]).toMatchObject({ state: 'ready', starts: 2 })
    await until(() => readLedger(ledgerFile)[0]?.attempts[0]?.outcome === 'interrupted')
    expect(readLedger(ledgerFile)[0]?.attempts).toMatchObject([{ usage: 'estimated' }])
  })

  test('that is killed again and again: requests wait for its next start each time, also for one that was killed as it loaded', async () => {
    const { origin } = await inside('limits: { retries: 0 }', [provider(['--load-ms', '600'])])
    await untilState(origin, 'ready')
    for (let kill = 1; kill <= 2; kill++) {
      process.kill(processes.all().at(-1) ?? 0, 'SIGKILL')
      await until(async () => (await standings(origin))[0]?.state === 'starting')
      expect((await ask(origin, chat('small'))).status).toBe(200)
    }
    process.kill(processes.all().at(-1) ?? 0, 'SIGKILL')
    await until(() => processes.all().length === 4)
    process.kill(processes.all().at(-1) ?? 0, 'SIGKILL')
    expect((await ask(origin, chat('small'))).status).toBe(200)
    expect((await standings(origin))[0]).toMatchObject({ state: 'ready', starts: 5 })
  })

  test('that crashes instead of answering is retried, on the next start', async () => {
    const { origin } = await inside('limits: { retries: 2 }', [provider([])])
    await untilState(origin, 'ready')
    const [pid = 0] = processes.all()
    const asking = startAsking(origin, chat('local/slow-500'))
    await until(async () => (await sampleOf(origin, 'trimtab_replica_in_flight')) === 1)
    process.kill(pid, 'SIGKILL')
    const answer = await asking.heard
    expect([answer.status, contentOf(answer)]).toEqual([200, 'I am small.'])
  })
})

describe('its process', () => {
  test('has its variables with the port in them, and none of trimtab’s keys', async () => {
    const words = JSON.stringify([
      ...modelServerWords(processes.file).filter((word) => word !== '--port' && word !== '{port}'),
    ])
    trimtab = await startInside({
      config: `providers: { local: { command: ${words}, models: [small], environment: { MODEL_PORT: "{port}", LAYERS: 12 } } }\n`,
      environment: { ...process.env, OPENAI_API_KEY: 'sk-not-for-models', TRIMTAB_ADMIN_KEY: 'nor-this' },
    })
    const { origin } = trimtab
    await untilState(origin, 'ready')
    const [standing] = await standings(origin)
    const seen = (await (await fetch(`http://127.0.0.1:${standing?.port}/environment`)).json()) as Record<
      string,
      string
    >
    expect(seen).toMatchObject({ MODEL_PORT: String(standing?.port), LAYERS: '12', PATH: process.env.PATH })
    expect(Object.keys(seen).filter((name) => /^TRIMTAB_|OPENAI_API_KEY/.test(name))).toEqual([])
  })
})

describe('a reload', () => {
  let running: Trimtab | undefined

  afterEach(async () => {
    await running?.stop()
  })

  test('keeps a command that is as it was, restarts one that changed after its answers, stops one that is gone', async () => {
    const more = 'mock: { base_url: "http://127.0.0.1:9/v1" }'
    running = await startTrimtab({ config: `providers: { ${provider([])} }\n` })
    const { origin, configFile } = running
    await untilState(origin, 'ready')
    const before = await standings(origin)
    writeFileSync(configFile, `providers: { ${provider([])}, ${more} }\n`)
    await until(() => running?.output().includes('taken over') === true)
    expect(await standings(origin)).toEqual(before)

    const slow = ask(origin, chat('local/slow-400', { stream: true }))
    await until(async () => (await sampleOf(origin, 'trimtab_replica_in_flight')) === 1)
    writeFileSync(configFile, `providers: { ${provider(['--name', 'changed'])}, ${more} }\n`)
    await until(async () => (await standings(origin))[0]?.state === 'starting')
    expect(contentOf(await ask(origin, chat('small')))).toBe('I am changed.')
    expect(contentOf(await slow)).toBe('I am small.')
    expect(processes.running()).toEqual([(await standings(origin))[0]?.pid])

    writeFileSync(configFile, `providers: { ${more} }\n`)
    await until(async () => (await standings(origin)).length === 0)
    await until(() => processes.left().length === 0)
  })

  test('what it prints is in the log, by its provider’s name', async () => {
    running = await startTrimtab({ config: `providers: { ${provider([])} }\n` })
    await untilState(running.origin, 'ready')
    await until(() => running?.output().includes('model server') === true)
    const line = running
      .output()
      .split('\n')
      .find((text) => text.includes('model server small listens'))
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'info',
      provider: 'local',
      msg: 'local: model server small listens',
    })
  })
})

async function sampleOf(origin: string, name: string): Promise<number> {
  return sampleSum(parseMetrics(await (await fetch(`${origin}/metrics`)).text()), name, { provider: 'local' })
}
