import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Observer } from '../../src/metering/instance.ts'
import { neverWait, openForWriting } from '../../src/platform/node/sqlite.ts'
import {
  heartbeat,
  type ProcessIdentity,
  registerInstance,
  retireInstance,
} from '../../src/storage/instances.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import { LedgerStatements, type LedgerWrite } from '../../src/storage/ledger-statements.ts'
import { OpenRequests } from '../../src/storage/open-requests.ts'
import {
  type EstimatePrice,
  settleDeadInstances,
  settleStrays,
} from '../../src/storage/settle-dead-instances.ts'
import {
  attempt,
  attemptSettled,
  idOf,
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

test('settleDeadInstances: gives back what a dead process set aside, but for what its attempts cost', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  const account = { budget: 'b', scope: '', period: NOON, since: NOON }
  const reservations = [{ ...account, amountNanoUsd: 700_000, mostNanoUsd: 1_000_000 }]
  const statements = new LedgerStatements(database, dead, new OpenRequests())
  const requestId = idOf('1')
  const opened = { ...attempt(requestId), reservations }
  statements.commit([{ kind: 'request', request: request(requestId), attempt: opened }], NOON)
  expect(statements.budgets.spent(account)).toBe(700_000)
  await settleDeadInstances(database, observer(NOON + 600_000), (_, __, tokens) => ({
    costNanoUsd: tokens.input * 1000,
    priceVersion: 'p',
  }))
  expect(statements.budgets.spent(account)).toBe(11_000)
  // The process was only slow: what it settles after all is not counted again.
  const settled = { ...attemptSettled(requestId), reservations }
  statements.commit([{ kind: 'attempt_settled', settled }], NOON + 600_000)
  expect(statements.budgets.spent(account)).toBe(11_000)
})

test('settleDeadInstances: open rows of a dead process become interrupted, with an estimate and its price', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  write(dead, opening(idOf('1')), { kind: 'request_settled', settled: requestSettled(idOf('done')) })
  heartbeat(database, dead)(NOON + 3000)
  const settled = await settleDeadInstances(database, observer(NOON + 4000), (provider, model, tokens) => ({
    costNanoUsd: tokens.input * 1000,
    priceVersion: `${provider}/${model}`,
  }))
  expect(settled).toEqual({ requests: 1, attempts: 1 })
  expect(await sqliteLedgerReader(database).request(idOf('1'))).toMatchObject({
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
  write(living, opening(idOf('1')))
  write(elsewhere, opening(idOf('2')))
  write(self, opening(idOf('3')))
  const seen = { ...observer(NOON + 4000), id: self.id, pidRuns: (pid: number) => pid === 2 }
  expect(await settleDeadInstances(database, seen, unknownPrice)).toEqual({ requests: 0, attempts: 0 })
  expect(instances()).toEqual([living.id, elsewhere.id, self.id])
  const late = { ...seen, now: NOON + 5001 }
  expect(await settleDeadInstances(database, late, unknownPrice)).toEqual({ requests: 2, attempts: 2 })
  expect(await sqliteLedgerReader(database).request(idOf('3'))).toMatchObject({ status: null })
})

test('settleDeadInstances: what was settled before the crash keeps its figures', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  write(
    dead,
    opening(idOf('1')),
    { kind: 'attempt_settled', settled: attemptSettled(idOf('1')) },
    { kind: 'attempt', attempt: attempt(idOf('1'), { ordinal: 1 }) },
    opening(idOf('2')),
    { kind: 'attempt_settled', settled: attemptSettled(idOf('2')) },
    { kind: 'request_settled', settled: requestSettled(idOf('2')) },
  )
  expect(await settleDeadInstances(database, observer(NOON), unknownPrice)).toEqual({
    requests: 1,
    attempts: 1,
  })
  const reader = sqliteLedgerReader(database)
  expect(await reader.request(idOf('1'))).toMatchObject({
    cost_usd: 0.0015,
    attempts: [{ outcome: 'answered' }, { outcome: 'interrupted', cost_usd: null }],
  })
  expect(await reader.request(idOf('2'))).toMatchObject({ status: 200, error: null })
})

test('settleDeadInstances: however many lie open among however many that do not, all are settled', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  const living = registerInstance(database, { host: 'elsewhere', pid: 1 }, NOON)
  for (let index = 0; index < 1800; index++) write(index % 4 === 0 ? dead : living, opening(idOf(index)))
  expect(await settleDeadInstances(database, observer(NOON), unknownPrice)).toEqual({
    requests: 450,
    attempts: 450,
  })
  expect(await settleDeadInstances(database, observer(NOON), unknownPrice)).toEqual({
    requests: 0,
    attempts: 0,
  })
  expect(openIds()).toHaveLength(1350)
})

test('settleDeadInstances: where nobody is gone, another process may hold the lock', async () => {
  const living = registerInstance(database, { host: 'elsewhere', pid: 1 }, NOON)
  write(living, opening(idOf('1')))
  const other = openForWriting(join(folder.path, 'ledger.db'))
  other.exec('BEGIN IMMEDIATE')
  neverWait(database)
  expect(await settleDeadInstances(database, observer(NOON), unknownPrice)).toMatchObject({ requests: 0 })
  await expect(settleDeadInstances(database, observer(NOON + 6000), unknownPrice)).rejects.toThrow(/locked/)
  other.exec('COMMIT')
  other.close()
})

test('settleDeadInstances: finds what was opened before the last mark, and after it', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  const { commit } = writer(dead)
  const [before, after] = [idOf('1', NOON + 100), idOf('2', NOON + 60_500)]
  commit(NOON + 100, opening(before))
  const closed = idOf('3', NOON + 60_000)
  commit(NOON + 60_000, opening(closed))
  commit(NOON + 60_400, { kind: 'request_settled', settled: requestSettled(closed) })
  commit(NOON + 60_500, opening(after))
  expect(mark(dead)).toBe(before)
  expect(await settleDeadInstances(database, observer(NOON + 70_000), unknownPrice)).toMatchObject({
    requests: 2,
  })
  expect(openIds()).toEqual([])
})

test('settleDeadInstances: a request that lasts keeps the mark back, until it is settled', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  const { commit } = writer(dead)
  const lasting = idOf('1')
  commit(NOON, opening(lasting))
  const hour = NOON + 3_600_000
  commit(hour, opening(idOf('2', hour)))
  expect(mark(dead)).toBe(lasting)
  commit(hour + 1000, { kind: 'request_settled', settled: requestSettled(lasting) })
  commit(hour + 2000)
  expect(mark(dead) > lasting).toBe(true)
  expect(await settleDeadInstances(database, observer(hour + 9000), unknownPrice)).toMatchObject({
    requests: 1,
  })
  expect(openIds()).toEqual([])
})

test('settleDeadInstances: finds what was opened after the clock was set back, by however much', async () => {
  for (const step of [60_000, 86_400_000]) {
    const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
    const { commit } = writer(dead)
    commit(NOON)
    commit(NOON + 500, opening(idOf('1', NOON + 500)))
    commit(NOON - step, opening(idOf('2', NOON - step)))
    commit(NOON - step + 10, opening(idOf('3', NOON - step + 10)))
    expect(await settleDeadInstances(database, observer(NOON), unknownPrice)).toMatchObject({ requests: 3 })
    expect(openIds()).toEqual([])
    database.exec('DELETE FROM requests; DELETE FROM attempts')
  }
})

test('settleDeadInstances: finds a request that was opened long after it got its id', async () => {
  const dead = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  const { commit } = writer(dead)
  commit(NOON)
  commit(NOON + 100, opening(idOf('slow', NOON - 600_000)))
  expect(await settleDeadInstances(database, observer(NOON + 200), unknownPrice)).toMatchObject({
    requests: 1,
  })
})

test('settleStrays: rows of a process that is in no table any more are settled, however many', async () => {
  const gone = registerInstance(database, { host: 'here', pid: 2 }, NOON)
  const living = registerInstance(database, { host: 'elsewhere', pid: 1 }, NOON)
  write(gone, ...Array.from({ length: 1200 }, (_, index) => opening(idOf(index))))
  write(living, opening(idOf('living')))
  retireInstance(database, gone.id)
  const seen = { ...observer(NOON), pidRuns: () => true }
  expect(await settleStrays(database, seen, unknownPrice)).toEqual({ requests: 1200, attempts: 1200 })
  expect(await settleStrays(database, seen, unknownPrice)).toEqual({ requests: 0, attempts: 0 })
  expect(openIds()).toEqual([idOf('living')])
})

test('a process taken for dead enters itself again together with its next rows', async () => {
  const self = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  const { commit } = writer(self)
  commit(NOON, opening(idOf('1')))
  await settleDeadInstances(database, observer(NOON + 60_000), unknownPrice)
  expect(instances()).toEqual([])
  commit(NOON + 60_001, opening(idOf('2', NOON + 60_001)))
  expect(instances()).toEqual([self.id])
  // What was settled for it counts as open until it has settled it itself.
  expect(mark(self)).toBe(idOf('1'))
  expect(await settleDeadInstances(database, observer(NOON + 70_000), unknownPrice)).toMatchObject({
    requests: 1,
  })
})

test('a process taken for dead: its heartbeat enters it again, and its settlement replaces the estimate', async () => {
  const self = registerInstance(database, { host: 'here', pid: 1 }, NOON)
  write(self, opening(idOf('1')))
  await settleDeadInstances(database, observer(NOON + 60_000), unknownPrice)
  heartbeat(database, self)(NOON + 61_000)
  expect(instances()).toEqual([self.id])
  write(
    self,
    { kind: 'attempt_settled', settled: attemptSettled(idOf('1')) },
    { kind: 'request_settled', settled: requestSettled(idOf('1')) },
  )
  expect(await sqliteLedgerReader(database).request(idOf('1'))).toMatchObject({
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

function write(process: ProcessIdentity, ...writes: readonly LedgerWrite[]): void {
  writer(process).commit(NOON, ...writes)
}

/** Commits as one process does, at the instants given. */
function writer(process: ProcessIdentity): {
  commit: (now: number, ...writes: readonly LedgerWrite[]) => void
} {
  const statements = new LedgerStatements(database, process, new OpenRequests())
  return { commit: (now, ...writes) => statements.commit(writes, now) }
}

function mark({ id }: ProcessIdentity): string {
  return String(database.prepare('SELECT oldest_open FROM instances WHERE id = ?').pluck().get(id))
}

function openIds(): unknown[] {
  return database.prepare('SELECT id FROM requests WHERE status IS NULL').pluck().all()
}

function instances(): unknown {
  return database.prepare('SELECT id FROM instances ORDER BY id').pluck().all()
}
