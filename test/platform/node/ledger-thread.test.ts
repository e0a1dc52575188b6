import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { HourlyCosts } from '../../../src/metering/standing-cost.ts'
import { LedgerThread } from '../../../src/platform/node/ledger-thread-client.ts'
import type { LedgerThreadSettings } from '../../../src/platform/node/ledger-thread-messages.ts'
import {
  type NodeLedger,
  openKeyStore,
  openLedgerReader,
  openNodeLedger,
} from '../../../src/platform/node/node-ledger.ts'
import { openForWriting } from '../../../src/platform/node/sqlite.ts'
import { registerInstance } from '../../../src/storage/instances.ts'
import { LedgerStatements } from '../../../src/storage/ledger-statements.ts'
import { migrate, readMigrations } from '../../../src/storage/migrate.ts'
import { OpenRequests } from '../../../src/storage/open-requests.ts'
import type { Retention } from '../../../src/storage/retention.ts'
import { SCHEMA_VERSION } from '../../../src/storage/schema-version.ts'
import { bundle } from '../../storage/bundle.ts'
import {
  attempt,
  attemptSettled,
  idOf,
  MIGRATIONS,
  migratedDatabase,
  NOON,
  request,
  requestSettled,
  temporaryFolder,
} from '../../storage/ledger-rows.ts'

const FOREVER: Retention = { requestsMs: Infinity, rollupsMs: Infinity }

let script: { path: string; remove: () => void }
let reportScript: { path: string; remove: () => void }
let folder: { path: string; remove: () => void }
let path: string
let warnings: string[]
let infos: string[]
let hourly: HourlyCosts

beforeAll(async () => {
  script = await bundle('src/platform/node/ledger-thread.ts')
  reportScript = await bundle('src/platform/node/report-process.ts')
})
afterAll(() => {
  script.remove()
  reportScript.remove()
})
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'ledger.db')
  warnings = []
  infos = []
  hourly = new Map()
})
afterEach(() => folder.remove())

test('openNodeLedger: a migration is told in one line, and a new ledger is none', async () => {
  const database = openForWriting(path)
  await migrate(database, readMigrations(MIGRATIONS).slice(0, 1), Date.now)
  database.close()
  for (let start = 0; start < 2; start++) await (await open()).close()
  expect(infos).toEqual([
    `ledger.db was brought from schema 1 to ${SCHEMA_VERSION}; the old one is kept as ${path}.before-0002.`,
  ])
  const other = join(folder.path, 'other.db')
  await (await open(FOREVER, other)).close()
  expect(infos).toHaveLength(1)
})

test('openNodeLedger: what is written is read through the thread, and by a command beside it', async () => {
  const { ledger, reader, close } = await open()
  await answered(ledger, idOf('1'))
  await ledger.openRequest(request(idOf('2')), attempt(idOf('2')))
  const query = { since: 0, until: NOON + 1, timeZone: 'UTC', by: ['workflow'] } as const
  const report = await reader.report(query)
  expect(report.totals.requests).toBe(2)
  expect(await reader.requests({ since: 0, limit: 1 })).toMatchObject([{ id: idOf('2') }])
  expect(await reader.request(idOf('1'))).toMatchObject({ status: 200 })
  expect(await reader.request(idOf('none'))).toBeUndefined()
  const command = openLedgerReader(path)
  expect(await command.reader.report(query)).toEqual(report)
  command.close()
  await close()
})

test.each(['the thread', 'the process of its own'])(
  'openNodeLedger: a report by %s knows of the seconds before it what stood ready',
  async (maker) => {
    hourly = new Map([['gpu', { replicas: 1, nanoUsdPerHour: 3.5e9 }]])
    const { reader, reports, close } = await open()
    const command = openLedgerReader(path)
    const query = { since: 0, until: Date.now() + 60_000, timeZone: 'UTC', by: [] }
    const told = async () => (await command.reader.report(query)).standing?.[0]?.replica_hours ?? 0
    // Until the thread has been told of it.
    await reader.report(query)
    let last = 0
    for (let times = 0; times < 3; times++) {
      await pause(5)
      if (maker === 'the thread') await reader.report(query)
      else (await reports.make(query)).leave()
      const hours = await told()
      expect(hours).toBeGreaterThan(last)
      last = hours
    }
    command.close()
    await close()
  },
)

test('openNodeLedger: the thread gives signs of life and checkpoints; closing takes the process out', async () => {
  const { ledger, close } = await open()
  await answered(ledger, idOf('1'))
  const file = new Database(path, { readonly: true })
  const seen = () => file.prepare('SELECT seen_at FROM instances').pluck().get()
  const first = seen()
  while (seen() === first) await pause(20)
  expect(await checkpointed(path)).toBe(true)
  await close()
  expect(seen()).toBeUndefined()
  file.close()
  expect(warnings).toEqual([])
})

test('openNodeLedger: what a killed process left open is settled at start, and priced', async () => {
  const database = await migratedDatabase(path)
  const dead = registerInstance(database, { host: 'gone', pid: 1 }, NOON)
  new LedgerStatements(database, dead, new OpenRequests()).commit(
    [{ kind: 'request', request: request(idOf('1')), attempt: attempt(idOf('1')) }],
    NOON,
  )
  database.close()
  const { reader, close } = await open()
  expect(await reader.request(idOf('1'))).toMatchObject({ error: 'interrupted', cost_usd: 0.000000005 })
  expect(warnings).toEqual([expect.stringMatching(/1 requests and 1 attempts/)])
  await close()
})

test('openNodeLedger: a process that closes with a request open stays in the table, and the next one settles it', async () => {
  const first = await open()
  await first.ledger.openRequest(request(idOf('1')), attempt(idOf('1')))
  await first.close()
  const { reader, close } = await open()
  expect(await reader.request(idOf('1'))).toMatchObject({ error: 'interrupted' })
  await close()
  const file = new Database(path, { readonly: true })
  expect(file.prepare('SELECT count(*) FROM instances').pluck().get()).toBe(0)
  file.close()
})

test('openNodeLedger: requests older than the retention go, and reports still count them', async () => {
  const first = await open()
  await answered(first.ledger, idOf('1'))
  await first.close()
  const { reader, close } = await open({ requestsMs: 1, rollupsMs: Infinity })
  while ((await reader.request(idOf('1'))) !== undefined) await pause(20)
  const query = { since: 0, until: NOON + 1, timeZone: 'UTC', by: ['workflow'] } as const
  expect((await reader.report(query)).rows).toMatchObject([{ workflow: 'support', requests: 1 }])
  await close()
  expect(warnings).toEqual([])
})

test('LedgerThread: a question to a thread that dies is a Failure, and the next thread answers', async () => {
  ;(await migratedDatabase(path)).close()
  const silent = new Worker('setInterval(() => {}, 1000)', { eval: true })
  const workers = [silent]
  const thread = startThread((settings) => workers.pop() ?? realThread(settings))
  const asked = thread.requests({ since: 0, limit: 1 })
  void silent.terminate()
  await expect(asked).rejects.toMatchObject({ code: 'ledger_unavailable' })
  expect(thread.running).toBe(false)
  await expect(thread.request(idOf('1'))).rejects.toThrow(/being started again/)
  while (!thread.running) await pause(5)
  expect(await thread.requests({ since: 0, limit: 1 })).toEqual([])
  expect(warnings).toEqual([expect.stringMatching(/starts again/)])
  await thread.stop()
  await expect(thread.request(idOf('1'))).rejects.toMatchObject({ code: 'ledger_unavailable' })
})

test('LedgerThread: a question it cannot answer is a Failure with its reason', async () => {
  ;(await migratedDatabase(path)).close()
  const thread = startThread(realThread)
  const query = { since: 0, until: 1, timeZone: 'Mars/Olympus', by: [] }
  await expect(thread.report(query)).rejects.toMatchObject({
    code: 'ledger_unavailable',
    message: expect.stringMatching(/Mars\/Olympus/),
  })
  await thread.stop()
})

test('openKeyStore: makes a ledger where none is, which serve then opens', async () => {
  const options = { path, migrations: MIGRATIONS, now: () => NOON }
  const { keys, close } = await openKeyStore(options)
  expect(await keys.list()).toEqual([])
  close()
  const opened = await open()
  expect(await opened.keys.find('none')).toBeUndefined()
  await opened.close()
})

function open(retention: Retention = FOREVER, at = path): Promise<NodeLedger> {
  return openNodeLedger({
    path: at,
    migrations: MIGRATIONS,
    threadScript: pathToFileURL(script.path),
    reportScript: reportScript.path,
    environment: process.env,
    hourlyCosts: () => hourly,
    durability: 'process',
    retention,
    now: Date.now,
    estimatePrice: () => ({ costNanoUsd: 5, priceVersion: 'test' }),
    info: (message) => infos.push(message),
    warn: (message) => warnings.push(message),
  })
}

function startThread(start: (settings: LedgerThreadSettings) => Worker): LedgerThread {
  return new LedgerThread({
    settings: { path, instance: { id: 1, host: 'here', pid: process.pid }, retention: FOREVER },
    start,
    warn: (message) => warnings.push(message),
  })
}

function realThread(settings: LedgerThreadSettings): Worker {
  return new Worker(pathToFileURL(script.path), { workerData: settings })
}

async function answered(ledger: NodeLedger['ledger'], id: string): Promise<void> {
  await ledger.openRequest(request(id), attempt(id))
  ledger.settleAttempt(attemptSettled(id))
  ledger.settleRequest(requestSettled(id))
}

/** Whether the rows came to lie in the main file: a copy of it alone has them. */
async function checkpointed(file: string): Promise<boolean> {
  const copy = join(folder.path, 'copy.db')
  for (let tries = 0; tries < 200; tries++) {
    copyFileSync(file, copy)
    const database = new Database(copy)
    const tables = database
      .prepare("SELECT count(*) FROM sqlite_master WHERE name = 'requests'")
      .pluck()
      .get()
    const rows = tables === 1 ? database.prepare('SELECT count(*) FROM requests').pluck().get() : 0
    database.close()
    if (rows === 1) return true
    await pause(20)
  }
  return false
}
