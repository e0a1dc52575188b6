/** What providers cost by the hour: spread over what they served, to the nano-dollar, and told where they served nothing. */
import type Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StandingFigures } from '../../src/metering/reports.ts'
import { requestId } from '../../src/metering/request-id.ts'
import { HOURLY, type HourlyCosts } from '../../src/metering/standing-cost.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import type { LedgerStatements, LedgerWrite } from '../../src/storage/ledger-statements.ts'
import { LedgerUpkeep } from '../../src/storage/ledger-upkeep.ts'
import { HOUR_MS } from '../../src/storage/rollups.ts'
import { StandingSpans } from '../../src/storage/standing-spans.ts'
import { attempt, attemptSettled, ledgerInParts, NOON, request, requestSettled } from './ledger-rows.ts'

const USD = 1e9
const LATER = NOON + 6 * HOUR_MS
const GPU: HourlyCosts = new Map([['gpu', { replicas: 2, nanoUsdPerHour: 3.5 * USD }]])

let writing: Database.Database
let reading: Database.Database
let statements: LedgerStatements
let remove: () => void

beforeEach(async () => {
  ;({ writing, reading, statements, remove } = await ledgerInParts())
})

afterEach(() => remove())

interface Given {
  at: number
  input: number
  cached: number
  output: number
  startedAt?: number
  totalMs?: number
  replica?: string
}

const served = fc.record({
  at: fc.integer({ min: NOON, max: NOON + 3 * HOUR_MS - 1 }),
  input: fc.integer({ min: 0, max: 3000 }),
  cached: fc.integer({ min: 0, max: 3000 }),
  output: fc.integer({ min: 0, max: 800 }),
})

test('every hour that served anything is paid by what it served, whole, whatever that was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(served, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 * HOUR_MS }),
      async (given, ready) => {
        empty()
        standing(GPU, NOON, NOON + ready)
        statements.commit(given.flatMap(writesOf), NOON)
        await keepUp()
        const { rows, totals } = await reportOf(['hour'])
        for (const row of rows) {
          const hour = Date.parse(String(row.hour))
          const readyMs = Math.max(0, Math.min(hour + HOUR_MS, NOON + ready) - hour)
          // Of an hour in which nothing stood ready, what was told at the time stays.
          if (readyMs === 0) continue
          const cost = given.some((one) => hourOf(one.at) === hour && one.input + one.output > 0)
            ? Math.round(2 * 3.5 * USD * (readyMs / HOUR_MS))
            : 0
          expect(Math.round((row.cost_usd ?? 0) * USD)).toBe(cost)
        }
        const figures = await gpuFigures()
        if (ready < 2 * HOUR_MS + 1) return
        const inRows = Math.round((totals.cost_usd ?? 0) * USD)
        expect(Math.round((figures?.usd ?? 0) * USD)).toBe(
          inRows + Math.round((figures?.unserved_usd ?? 0) * USD),
        )
        expect(totals.saved_usd ?? 0).toBe(0)
      },
    ),
    { numRuns: 40 },
  )
}, 60_000)

test('shares are by tokens that were worked on, and add up where they cannot be even', async () => {
  standing(new Map([['gpu', { replicas: 1, nanoUsdPerHour: 100 }]]), NOON, NOON + HOUR_MS)
  const given = [10, 10, 10].map((output, index) => ({ at: NOON + index, input: 0, cached: 500, output }))
  statements.commit(given.flatMap(writesOf), NOON)
  await keepUp()
  const costs = writing.prepare('SELECT cost_nano_usd FROM attempts ORDER BY request_id').pluck().all()
  expect(costs).toEqual([33, 34, 33])
})

test('hours without a request cost all the same, and belong to nobody', async () => {
  standing(GPU, NOON, NOON + 4 * HOUR_MS)
  const used: Given = {
    at: NOON + HOUR_MS,
    input: 10,
    cached: 0,
    output: 90,
    startedAt: NOON + HOUR_MS,
    totalMs: HOUR_MS / 4,
  }
  statements.commit(writesOf(used, 0), NOON)
  await keepUp()
  expect(await gpuFigures()).toEqual({
    provider: 'gpu',
    usd: 28,
    unserved_usd: 21,
    replica_hours: 8,
    idle_share: 1 - 0.25 / 8,
    tokens: 100,
    output_tokens: 90,
    usd_per_million_tokens: 280_000,
    usd_per_million_output_tokens: (28 / 90) * 1e6,
  })
  expect((await reportOf([])).totals.cost_usd).toBe(7)
})

test('two trimtabs that wait for each other pay once', async () => {
  standing(GPU, NOON, NOON + HOUR_MS / 2)
  standing(GPU, NOON + HOUR_MS / 4, NOON + HOUR_MS)
  expect((await gpuFigures())?.usd).toBe(7)
})

test('the hour that runs tells what was served so far', async () => {
  standing(GPU, LATER - HOUR_MS / 2, LATER)
  const given = { at: LATER - 1000, input: 0, cached: 0, output: 50, startedAt: LATER - 1000, totalMs: 1000 }
  statements.commit(writesOf(given, 0), NOON)
  const figures = await gpuFigures()
  expect(figures).toMatchObject({ usd: 3.5, unserved_usd: 0, output_tokens: 50 })
  expect(figures?.usd_per_million_output_tokens).toBe(70_000)
})

test('a report of a part of an hour tells of that part', async () => {
  standing(GPU, NOON, NOON + HOUR_MS)
  statements.commit(writesOf({ at: NOON, input: 0, cached: 0, output: 50 }, 0), NOON)
  await keepUp()
  const [figures] = (await reportOf([], NOON + HOUR_MS / 2, NOON + 2 * HOUR_MS)).standing ?? []
  expect(figures).toMatchObject({
    usd: 3.5,
    unserved_usd: 3.5,
    tokens: 0,
    usd_per_million_output_tokens: null,
  })
})

function standing(costs: HourlyCosts, since: number, end: number): void {
  const spans = new StandingSpans(writing)
  spans.begin(costs, since)
  spans.keep(end)
}

function empty(): void {
  for (const table of ['requests', 'attempts', 'rollups', 'rollup_days', 'standing_spans', 'standing_hours'])
    writing.exec(`DELETE FROM ${table}`)
}

function keepUp(): Promise<void> {
  const retention = { requestsMs: 90 * 24 * HOUR_MS, rollupsMs: 730 * 24 * HOUR_MS }
  return new LedgerUpkeep({ reading, writing, retention, now: () => LATER, pause: async () => {} }).run()
}

function reportOf(by: readonly 'hour'[], since = NOON, end = LATER) {
  return sqliteLedgerReader(reading).report({ since, until: end, timeZone: 'UTC', by })
}

test('what has only just begun to stand ready has no price, not one of 0', async () => {
  standing(GPU, NOON + 1, NOON + 1)
  statements.commit(writesOf({ at: NOON + 1, input: 10, cached: 0, output: 5 }, 0), NOON)
  expect(await gpuFigures()).toMatchObject({
    replica_hours: 0,
    tokens: 15,
    usd_per_million_tokens: null,
    usd_per_million_output_tokens: null,
  })
})

async function gpuFigures(): Promise<StandingFigures | undefined> {
  return (await reportOf([])).standing?.[0]
}

function writesOf({ at, input, cached, output, ...given }: Given, index: number): LedgerWrite[] {
  const id = requestId(at, () => index / 1000)
  const { startedAt = at, totalMs = 10, replica = 'gpu/a/default' } = given
  const tokens = { ...noTokens(), input, cache_read: cached, output }
  const row = attempt(id, { provider: 'gpu', model: 'small', replica, startedAt })
  const settled = attemptSettled(id, { tokens, totalMs, costNanoUsd: 1234, priceVersion: HOURLY })
  return [
    { kind: 'request', request: request(id, { at }), attempt: row },
    { kind: 'attempt_settled', settled },
    { kind: 'request_settled', settled: requestSettled(id) },
  ]
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS
}
