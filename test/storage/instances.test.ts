import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Observer } from '../../src/metering/instance.ts'
import {
  type EstimatePrice,
  heartbeat,
  registerInstance,
  retireInstance,
  settleDeadInstances,
} from '../../src/storage/instances.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import { LedgerStatements, type LedgerWrite } from '../../src/storage/ledger-statements.ts'
import {
  attempt,
  attemptSettled,
  migratedDatabase,
  NOON,
  request,
  requestSettled,
  temporaryFolder,
} from './ledger-rows.ts'

let folder: { path: string; remove: () => void }
let database: Database.Database
const unknownPrice: EstimatePrice = () => undefined

beforeEach(async () => {
  folder = temporaryFolder()
  database = await migratedDatabase(join(folder.path, 'ledger.db'))
})
afterEach(() => {
  database.close()
  folder.remove()
})

test('settleDeadInstances: open rows of a dead process become interrupted, with an estimate and its price', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  heartbeat(database, { id: dead, host: 'here', pid: 1 })(NOON + 3000)
  write(dead, opening('req_1'), { kind: 'request_settled', settled: requestSettled('req_done') })
  const settled = settleDeadInstances(database, observer(NOON + 4000), (provider, model, tokens) => ({
    costNanoUsd: tokens.input * 1000,
    priceVersion: `${provider}/${model}`,
  }))
  expect(settled).toEqual({ requests: 1, attempts: 1 })
  expect(await sqliteLedgerReader(database).request('req_1')).toMatchObject({
    status: 500,
    error: 'interrupted',
    tier: 'large',
    total_ms: 3000,
    tokens: { input: 11, output: 0 },
    cost_usd: 0.000011,
    attempts: [{ outcome: 'interrupted', usage: 'estimated', status: null, total_ms: 3000 }],
  })
  expect(instances()).toEqual([])
})

test('settleDeadInstances: rows of a living process and of the observer are untouched', async () => {
  const living = registerInstance(database, { host: 'here', pid: 2 }, NOON)
  const elsewhere = registerInstance(database, { host: 'elsewhere', pid: 1 }, NOON)
  const self = registerInstance(database, { host: 'here', pid: 3 }, NOON)
  write(living, opening('req_1'))
  write(elsewhere, opening('req_2'))
  write(self, opening('req_3'))
  const seen = { ...observer(NOON + 4000), id: self, pidRuns: (pid: number) => pid === 2 }
  expect(settleDeadInstances(database, seen, unknownPrice)).toEqual({ requests: 0, attempts: 0 })
  expect(instances()).toEqual([living, elsewhere, self])
  const late = { ...seen, now: NOON + 5001 }
  expect(settleDeadInstances(database, late, unknownPrice)).toEqual({ requests: 2, attempts: 2 })
  expect(await sqliteLedgerReader(database).request('req_3')).toMatchObject({ status: null })
})

test('settleDeadInstances: what was settled before the crash keeps its figures', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  write(
    dead,
    opening('req_1'),
    { kind: 'attempt_settled', settled: attemptSettled('req_1') },
    { kind: 'attempt', attempt: attempt('req_1', { ordinal: 1 }) },
    opening('req_2'),
    { kind: 'attempt_settled', settled: attemptSettled('req_2') },
    { kind: 'request_settled', settled: requestSettled('req_2') },
  )
  expect(settleDeadInstances(database, observer(NOON), unknownPrice)).toEqual({ requests: 1, attempts: 1 })
  const reader = sqliteLedgerReader(database)
  expect(await reader.request('req_1')).toMatchObject({
    cost_usd: 0.0015,
    attempts: [{ outcome: 'answered' }, { outcome: 'interrupted', cost_usd: null }],
  })
  expect(await reader.request('req_2')).toMatchObject({ status: 200, error: null })
})

test('settleDeadInstances: rows of a process that is in no table any more are settled, however many', () => {
  const gone = registerInstance(database, { host: 'here', pid: 2 }, NOON)
  write(gone, ...Array.from({ length: 450 }, (_, index) => opening(`req_${index}`)))
  retireInstance(database, gone)
  const seen = { ...observer(NOON), pidRuns: () => true }
  expect(settleDeadInstances(database, seen, unknownPrice)).toEqual({ requests: 450, attempts: 450 })
  expect(settleDeadInstances(database, seen, unknownPrice)).toEqual({ requests: 0, attempts: 0 })
})

test('a process taken for dead: its heartbeat enters it again, and its settlement replaces the estimate', async () => {
  const self = { id: registerInstance(database, { host: 'here', pid: 1 }, NOON), host: 'here', pid: 1 }
  write(self.id, opening('req_1'))
  settleDeadInstances(database, observer(NOON + 60_000), unknownPrice)
  heartbeat(database, self)(NOON + 61_000)
  expect(instances()).toEqual([self.id])
  write(
    self.id,
    { kind: 'attempt_settled', settled: attemptSettled('req_1') },
    { kind: 'request_settled', settled: requestSettled('req_1') },
  )
  expect(await sqliteLedgerReader(database).request('req_1')).toMatchObject({
    status: 200,
    error: null,
    cost_usd: 0.0015,
    attempts: [{ outcome: 'answered', usage: 'reported' }],
  })
})

function observer(now: number): Observer {
  return { id: 999, host: 'here', pid: 998, now, pidRuns: () => false }
}

function opening(id: string): LedgerWrite {
  return { kind: 'request', request: request(id), attempt: attempt(id) }
}

function write(instance: number, ...writes: readonly LedgerWrite[]): void {
  new LedgerStatements(database, instance).commit(writes)
}

function instances(): unknown {
  return database.prepare('SELECT id FROM instances ORDER BY id').pluck().all()
}
