import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { registerInstance } from '../../src/storage/instances.ts'
import { migrate, readMigrations } from '../../src/storage/migrate.ts'
import { SqliteLedger } from '../../src/storage/sqlite-ledger.ts'
import { request, requestSettled } from '../storage/ledger-rows.ts'
import { vllmText } from '../support/metrics-text.ts'
import { runCommand, startTrimtab } from '../support/start-trimtab.ts'

/** How the stand-in for a provider answers `GET /v1/models`. */
interface Manner {
  status?: number
  date?: string
  silent?: boolean
  /** What `GET /metrics` is answered. */
  metrics?: string
}

let folder: string
let servers: Server[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-doctor-'))
  mkdirSync(join(folder, 'policies'))
  servers = []
})

afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(folder, { recursive: true, force: true })
})

/** Requests whose input was estimated so, and counted as 100 tokens. */
async function lessons(workflow: string, times: number, estimated: number): Promise<void> {
  mkdirSync(join(folder, 'data'), { recursive: true })
  const path = join(folder, 'data', 'ledger.db')
  const database = new Database(path)
  await migrate(
    database,
    readMigrations(fileURLToPath(new URL('../../migrations', import.meta.url))),
    Date.now,
  )
  const self = registerInstance(database, { host: 'test', pid: process.pid }, Date.now())
  const ledger = new SqliteLedger({ database, self, now: Date.now, warn: () => {} })
  const { decision } = requestSettled('any')
  for (let time = 0; time < times; time++) {
    const id = `req_${workflow}_${time}`
    const input = { bytes: 400, estimated, counted: 100 }
    ledger.recordUnsent(request(id, { workflow }), requestSettled(id, { decision: { ...decision, input } }))
  }
  await ledger.close()
}

/** Takes only the key `right`. */
async function provider(manner: Manner = {}): Promise<string> {
  const server = createServer((request, response) => {
    if (manner.silent) return
    if (manner.metrics !== undefined && request.url === '/metrics') {
      response.end(manner.metrics)
      return
    }
    const known = request.headers.authorization === 'Bearer right'
    if (manner.date !== undefined) response.setHeader('date', manner.date)
    response.writeHead(manner.status ?? (known ? 200 : 401), { 'content-type': 'application/json' })
    response.end('{"object":"list","data":[]}')
  })
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

async function run(config: string, ...args: string[]) {
  writeFileSync(join(folder, 'trimtab.yaml'), config)
  const { code, stdout, stderr } = await runCommand(['doctor', '--port', '0', ...args], undefined, folder)
  return { code, lines: stdout.trimEnd().split('\n'), stdout, stderr }
}

const using = (url: string, key = 'right') => `providers: { a: { base_url: "${url}", api_key: ${key} } }\n`

describe('doctor', () => {
  test('a sound installation: 0, one line each', async () => {
    writeFileSync(join(folder, 'policies', 'support.yaml'), 'workflow: support\n')
    const { code, lines } = await run(using(await provider()))
    expect(lines).toEqual([
      'ok    configuration: trimtab.yaml',
      'ok    policies: 1 in policies, all sound.',
      'ok    provider a: reached, and the key is taken.',
      'ok    clock: within 1 s of the providers’.',
      'ok    data folder: data will be made at the first start.',
      'ok    ledger: none yet; it is made at the first start.',
      'ok    token estimates: none to compare yet.',
      expect.stringMatching(/^(ok {2}|warn) {2}prices: genai-prices@\S+ is \d+ days old/),
      'ok    port: 127.0.0.1:0 is free.',
      expect.stringMatching(/^(Everything is fine|1 to look at)\.$/),
    ])
    expect(code).toBe(0)
  })

  test.each<[string, Manner, string, string]>([
    [
      'a wrong key',
      {},
      'wrong',
      'FAIL  provider a: the key is not taken (401); put a valid one in providers.a.api_key.',
    ],
    [
      'a key without rights',
      { status: 403 },
      'right',
      'FAIL  provider a: the key is known but may not list models (403);',
    ],
    [
      'no list of models',
      { status: 404 },
      'right',
      'warn  provider a: reached, but it lists no models (404),',
    ],
    [
      'a limit',
      { status: 429 },
      'right',
      'warn  provider a: reached, but it is limiting requests right now (429);',
    ],
    ['trouble there', { status: 503 }, 'right', 'warn  provider a: reached, but it answered 503;'],
  ])('%s is told apart', async (_, manner, key, line) => {
    const { code, stdout } = await run(using(await provider(manner), key))
    expect(stdout).toContain(line)
    expect(code).toBe(line.startsWith('FAIL') ? 1 : 0)
  })

  test('callers’ own keys are not looked at', async () => {
    const { code, stdout } = await run(using(await provider(), 'client'))
    expect(stdout).toContain('ok    provider a: reached; callers send their own keys')
    expect(code).toBe(0)
  })

  test('nobody there: 1, while replicas that answer are fine', async () => {
    const url = await provider()
    const { code, stdout } = await run(
      `providers: { gpu: { vendor: vllm, replicas: ["${url}", "http://127.0.0.1:9/v1"], api_key: right } }\n`,
    )
    expect(stdout).toMatch(
      /^ok {4}provider gpu\/127\.0\.0\.1:\d+\/default: reached, and the key is taken\.$/m,
    )
    expect(stdout).toMatch(
      /^FAIL {2}provider gpu\/127\.0\.0\.1:9\/default: \S+ cannot be reached \(ECONNREFUSED\);/m,
    )
    expect(code).toBe(1)
  })

  test('what replicas tell of themselves is told, and what would have them tell', async () => {
    const telling = await provider({ metrics: vllmText({ running: 3, waiting: 1, kvUsage: 0.254 }) })
    const untold = await provider()
    const { stdout, code } = await run(
      `providers: { gpu: { vendor: llamacpp, replicas: ["${telling}", "${untold}"], api_key: right } }\n`,
    )
    expect(stdout).toContain('metrics: vLLM tells of itself: 3 running, 1 waiting, its KV cache 25 % full.')
    expect(stdout).toMatch(
      /^warn {2}provider \S+ metrics: \/metrics tells nothing that is known \(200\); start it with --metrics,/m,
    )
    expect(code).toBe(0)
  })

  test('silence ends at the deadline', async () => {
    const { code, stdout } = await run(using(await provider({ silent: true })))
    expect(stdout).toMatch(/^FAIL {2}provider a: \S+ did not answer within 5 s;/m)
    expect(stdout).toContain('warn  clock: no provider told the time')
    expect(code).toBe(1)
  })

  test('a clock that is off by more than 30 s is told, with its direction', async () => {
    const date = new Date(Date.now() - 120_000).toUTCString()
    const { code, stdout } = await run(using(await provider({ date })))
    expect(stdout).toMatch(/^warn {2}clock: 1(19|20|21) s ahead of the providers’;/m)
    expect(code).toBe(0)
  })

  test('broken configuration and policies: 1, at their places', async () => {
    const broken = await run('listen: { prot: 1 }\n')
    expect(broken.lines).toEqual([
      'FAIL  configuration: trimtab.yaml:1:11  `listen.prot` is not a key here; did you mean `port`?',
      '1 failed.',
    ])
    writeFileSync(join(folder, 'policies', 'a.yaml'), 'limits: { retries: many }\n')
    const { code, stdout } = await run(using(await provider()))
    expect(stdout).toContain('FAIL  policies: policies/a.yaml:1:20  `limits.retries` must be')
    expect([broken.code, code]).toEqual([1, 1])
  })

  test('a ledger that is none, and a port that is taken: 1', async () => {
    mkdirSync(join(folder, 'data'))
    writeFileSync(
      join(folder, 'data', 'ledger.db'),
      'no database, but long enough to be read as one'.repeat(50),
    )
    const taken = new URL(await provider()).port
    const { code, stdout } = await run(using(await provider()), '--port', taken)
    expect(stdout).toMatch(
      /^FAIL {2}ledger: data\/ledger\.db cannot be read \(file is not a database\); put a backup back/m,
    )
    expect(stdout).toMatch(/^FAIL {2}port: something else listens at 127\.0\.0\.1:\d+; stop it/m)
    expect(stdout).toMatch(/^ok {4}disk: \d+\.\d GiB free/m)
    expect(code).toBe(1)
  })

  test('how near tokens were told, by workflow; one that is far off is to look at', async () => {
    await lessons('support', 61, 104)
    await lessons('odd', 60, 250)
    await lessons('rare', 3, 250)
    const { code, stdout } = await run(using(await provider()), '--data', join(folder, 'data'))
    expect(stdout).toContain(
      'warn  token estimates: support 4.0 % off on average over 61 requests, odd 150.0 % off on average over 60 requests, rare 150.0 % off on average over 3 requests; leave room in the limits, budgets and `tokens` rules of odd,',
    )
    expect(code).toBe(0)
  })

  test('beside a running trimtab: its ledger is sound and its port its own; --json prints JSON alone', async () => {
    const trimtab = await startTrimtab({ config: using(await provider()) })
    try {
      const { code, stdout } = await trimtab.command(
        'doctor',
        '--json',
        '--port',
        new URL(trimtab.origin).port,
      )
      const { ok, checks } = JSON.parse(stdout) as {
        ok: boolean
        checks: { name: string; state: string; message: string }[]
      }
      expect([code, ok]).toEqual([0, true])
      expect(checks).toContainEqual({
        name: 'ledger',
        state: 'ok',
        message: expect.stringMatching(/^sound, schema \d+\.$/),
      })
      expect(checks).toContainEqual({
        name: 'port',
        state: 'ok',
        message: `a trimtab answers at 127.0.0.1:${new URL(trimtab.origin).port}.`,
      })
    } finally {
      await trimtab.stop()
    }
  })
})
