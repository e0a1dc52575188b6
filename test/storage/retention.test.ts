/** What is deleted, how much at a time, and what is still known of it. */
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requestId } from '../../src/metering/request-id.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import type { LedgerStatements } from '../../src/storage/ledger-statements.ts'
import { LedgerUpkeep } from '../../src/storage/ledger-upkeep.ts'
import { deleteOldRequests } from '../../src/storage/retention.ts'
import { HOUR_MS, rollUp } from '../../src/storage/rollups.ts'
import { attempt, attemptSettled, ledgerInParts, NOON, request, requestSettled } from './ledger-rows.ts'

const DAY_MS = 24 * HOUR_MS
const NOW = NOON + 3 * DAY_MS
const RETENTION = { requestsMs: DAY_MS, rollupsMs: 2 * DAY_MS }

let writing: Database.Database
let reading: Database.Database
let statements: LedgerStatements
let remove: () => void

beforeEach(async () => {
  ;({ writing, reading, statements, remove } = await ledgerInParts())
})

afterEach(() => remove())

test('LedgerUpkeep: old requests go with their attempts, their sums stay, and older sums go too', async () => {
  for (const hours of [1, 2, 23, 25, 30, 47, 49, 60]) add(NOW - hours * HOUR_MS, 3)
  const upkeep = keeper()
  await upkeep.run()
  const count = (table: string) => reading.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
  expect([count('requests'), count('attempts')]).toEqual([9, 9])
  // 49 and 60 hours ago is beyond the sums' own retention.
  expect(await totals(['workflow'])).toMatchObject({ requests: 18, cost_usd: 18 * 0.0015 })
  // Of users only the rows tell: what is left of older requests has none.
  const { rows } = await report(['user'])
  expect(rows.map(({ user, requests }) => [user, requests])).toEqual([
    [null, 9],
    ['ann', 9],
  ])
  await upkeep.run()
  expect(await totals(['workflow'])).toMatchObject({ requests: 18 })
})

test('LedgerUpkeep: users go with the last request they made', async () => {
  for (const hours of [2, 30]) add(NOW - hours * HOUR_MS, 3)
  const words = () => reading.prepare('SELECT word FROM rollup_words').pluck().all()
  await keeper({ requestsMs: Infinity, rollupsMs: Infinity }).run()
  expect(words()).toEqual(['ann'])
  await keeper().run()
  expect(words()).toEqual(['ann'])
  await keeper({ requestsMs: 0, rollupsMs: DAY_MS }).run()
  expect(words()).toEqual([])
  expect(reading.prepare('SELECT count(*) FROM rollups WHERE columns IS NOT NULL').pluck().get()).toBe(0)
})

test('LedgerUpkeep: what a crash left open is deleted in its time as well', async () => {
  const id = requestId(NOW - 2 * DAY_MS + HOUR_MS, () => 0)
  statements.commit(
    [{ kind: 'request', request: request(id, { at: NOW - 2 * DAY_MS + HOUR_MS }), attempt: attempt(id) }],
    NOON,
  )
  await keeper().run()
  expect(reading.prepare('SELECT count(*) FROM requests').pluck().get()).toBe(0)
  expect(await totals([])).toMatchObject({ requests: 1, cost_usd: null })
})

test('LedgerUpkeep: nothing goes where all is kept for ever', async () => {
  add(NOON - 1000 * DAY_MS, 1)
  await keeper({ requestsMs: Infinity, rollupsMs: Infinity }).run()
  expect(reading.prepare('SELECT count(*) FROM requests').pluck().get()).toBe(1)
})

test('deleteOldRequests: at most 500 rows at once, none that is not summed up, none of a younger hour', async () => {
  const hour = NOON
  add(hour, 400)
  add(hour + HOUR_MS, 1)
  const now = hour + HOUR_MS + DAY_MS
  expect(deleteOldRequests(writing, now, RETENTION)).toBe(0)
  await rollUp({ reading, writing }, hour, 'wait')
  await rollUp({ reading, writing }, hour + HOUR_MS, 'wait')
  let deleted = 0
  for (;;) {
    const before = writing.prepare('SELECT total_changes()').pluck().get() as number
    const requests = deleteOldRequests(writing, now, RETENTION)
    const rows = (writing.prepare('SELECT total_changes()').pluck().get() as number) - before
    expect(rows).toBeLessThanOrEqual(500)
    if (requests === 0) break
    deleted += requests
    // In the middle of it reports are the same.
    expect(await totals([], now)).toMatchObject({ requests: 401 })
  }
  expect(deleted).toBe(400)
  expect(reading.prepare('SELECT count(*) FROM requests').pluck().get()).toBe(1)
})

function keeper(retention = RETENTION): LedgerUpkeep {
  return new LedgerUpkeep({ reading, writing, retention, now: () => NOW, pause: async () => {} })
}

function add(at: number, count: number): void {
  for (let index = 0; index < count; index++) {
    const id = requestId(at, () => index / count)
    statements.commit(
      [
        { kind: 'request', request: request(id, { at, user: 'ann' }), attempt: attempt(id) },
        { kind: 'attempt_settled', settled: attemptSettled(id) },
        { kind: 'request_settled', settled: requestSettled(id) },
      ],
      NOON,
    )
  }
}

function report(by: readonly ('workflow' | 'user')[], until = NOW) {
  return sqliteLedgerReader(reading).report({ since: NOON - DAY_MS, until, timeZone: 'UTC', by })
}

async function totals(by: readonly 'workflow'[], until = NOW) {
  return (await report(by, until)).totals
}
