/** Reports from rollups tell what the requests' own rows tell. */
import type Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Report, ReportDimension, ReportFigures } from '../../src/metering/reports.ts'
import { requestId } from '../../src/metering/request-id.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import type { LedgerStatements, LedgerWrite } from '../../src/storage/ledger-statements.ts'
import { reprice } from '../../src/storage/reprice.ts'
import { DAY_MS, daysToSumUp, sumUpDay } from '../../src/storage/rollup-days.ts'
import { forgetChangedHours, HOUR_MS, hoursToRollUp, rollUp } from '../../src/storage/rollups.ts'
import { attempt, attemptSettled, ledgerInParts, NOON, request, requestSettled } from './ledger-rows.ts'

const HOURS = 60
const DIMENSIONS: readonly ReportDimension[] = [
  ...([
    'workflow',
    'step',
    'model',
    'provider',
    'tier',
    'rule',
    'arm',
    'shadow_tier',
    'key',
    'team',
    'tenant',
    'user',
  ] as const),
  ...(['hour', 'day', 'month', 'mechanism', 'part', 'tag:a'] as const),
]

let writing: Database.Database
let reading: Database.Database
let statements: LedgerStatements
let remove: () => void

beforeEach(async () => {
  ;({ writing, reading, statements, remove } = await ledgerInParts())
})

afterEach(() => remove())

const word = fc.constantFrom('a', 'b')
const maybe = fc.option(word, { nil: undefined })
const nano = fc.integer({ min: 0, max: 5_000_000_000 })
const duration = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 900_000 }))

const attempts = fc.array(
  fc.record({
    provider: word,
    model: word,
    outcome: fc.constantFrom('answered' as const, 'failed' as const, 'insufficient' as const),
    usage: fc.constantFrom('reported' as const, 'estimated' as const, 'absent' as const),
    cost: fc.option(nano, { nil: undefined, freq: 4 }),
    input: fc.integer({ min: 0, max: 200_000 }),
    cached: fc.integer({ min: 0, max: 3 }),
    image: fc.constantFrom(0, 0, 7),
    output: fc.constantFrom(0, 11),
  }),
  { maxLength: 3 },
)

const parts = fc.record(
  {
    system: fc.nat(5000),
    tools: fc.nat(5000),
    history: fc.nat(5000),
    last_user_turn: fc.nat(5000),
    images: fc.nat(9),
  },
  { requiredKeys: [] },
)

const asked = fc.record({
  parts: fc.option(parts, { nil: undefined }),
  at: fc.integer({ min: NOON, max: NOON + HOURS * HOUR_MS - 1 }),
  workflow: word,
  step: maybe,
  rule: maybe,
  keyName: maybe,
  team: maybe,
  user: maybe,
  tag: maybe,
  tenant: word,
  tier: maybe,
  attempts,
  cache: fc.constantFrom(
    ...(['exact', 'coalesced', 'knowledge', 'partial', 'miss', 'bypass', 'audit'] as const),
  ),
  baseline: fc.option(nano, { nil: undefined }),
  savings: fc.option(
    fc.record(
      {
        model: fc.constant('b/b'),
        prefix: nano,
        trimming: nano,
        shadowRoute: fc.record(
          { tier: word, model: fc.constant('a/b'), costNanoUsd: nano },
          { requiredKeys: ['tier'] },
        ),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
  shadow: fc.option(fc.option(nano, { nil: undefined }), { nil: null }),
  error: fc.option(fc.constant('timeout'), { nil: undefined, freq: 2 }),
  firstChunkMs: fc.option(duration, { nil: undefined }),
  totalMs: duration,
})

type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never

const query = fc.record({
  since: fc.integer({ min: NOON - HOUR_MS, max: NOON + 12 * HOUR_MS }),
  until: fc.integer({ min: NOON + 12 * HOUR_MS, max: NOON + (HOURS + 2) * HOUR_MS }),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe'),
  by: fc.subarray([...DIMENSIONS], { maxLength: 4 }),
})

test('report: from rollups, whatever the period, zone and dimensions, it is the one from the rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(asked, { minLength: 1, maxLength: 80 }),
      fc.array(query, { minLength: 4, maxLength: 4 }),
      async (given, queries) => {
        empty()
        statements.commit(given.flatMap(writesOf), NOON)
        const reader = sqliteLedgerReader(reading)
        const fromRows: Report[] = []
        for (const one of queries) fromRows.push(await reader.report(one))
        // Some hours stay without, as those of the present do.
        const hours = hoursToRollUp(reading, NOON + HOURS * HOUR_MS).filter((_, index) => index % 5 !== 4)
        for (const hour of hours) expect(await rollUp({ reading, writing }, hour, 'wait')).toBe('written')
        for (const day of daysToSumUp(reading, NOON + HOURS * HOUR_MS)) sumUpDay({ reading, writing }, day)
        for (const [index, one] of queries.entries()) {
          const { rows, totals, ...head } = await reader.report(one)
          const expected = fromRows[index]
          expect(head).toEqual({ since: expected?.since, until: expected?.until, by: one.by })
          expect(rows.map(exactly)).toEqual(expected?.rows.map(exactly))
          expect(exactly(totals)).toEqual(expected === undefined ? undefined : exactly(expected.totals))
          for (const [at, row] of [...rows, totals].entries()) {
            expectNear(row, [...(expected?.rows ?? []), ...(expected ? [expected.totals] : [])][at])
          }
        }
      },
    ),
    { numRuns: 60 },
  )
}, 60_000)

test('rollUp: an hour with something under way waits, and what is written late is counted', async () => {
  const [first, second] = [idAt(NOON, 0.1), idAt(NOON, 0.2)]
  statements.commit([{ kind: 'request', request: request(first), attempt: attempt(first) }], NOON)
  expect(await rollUp({ reading, writing }, NOON, 'wait')).toBe('open')
  statements.commit(
    [
      { kind: 'attempt_settled', settled: attemptSettled(first) },
      { kind: 'request_settled', settled: requestSettled(first) },
    ],
    NOON,
  )
  expect(await rollUp({ reading, writing }, NOON, 'wait')).toBe('written')
  expect(hoursToRollUp(reading, NOON + HOUR_MS)).toEqual([])
  statements.commit([{ kind: 'unsent', request: request(second), settled: requestSettled(second) }], NOON)
  forgetChangedHours({ reading, writing }, NOON - HOUR_MS)
  expect(hoursToRollUp(reading, NOON + HOUR_MS)).toEqual([NOON])
})

test('reprice: what is priced again counts at once, and its hour is summed up again', async () => {
  const id = idAt(NOON, 0.1)
  statements.commit(
    [
      { kind: 'request', request: request(id), attempt: attempt(id) },
      { kind: 'attempt_settled', settled: attemptSettled(id) },
      { kind: 'request_settled', settled: requestSettled(id) },
    ],
    NOON,
  )
  await rollUp({ reading, writing }, NOON, 'wait')
  const cost = async () =>
    (
      await sqliteLedgerReader(reading).report({
        since: NOON,
        until: NOON + HOUR_MS,
        timeZone: 'UTC',
        by: [],
      })
    ).totals.cost_usd
  expect(await cost()).toBe(0.0015)
  const price = { costNanoUsd: 4_000_000, priceVersion: 'prices-2', baselineNanoUsd: undefined }
  reprice(writing, { since: NOON, until: NOON + HOUR_MS }, () => price, NOON + 1)
  expect(await cost()).toBe(0.004)
  expect(hoursToRollUp(reading, NOON + HOUR_MS)).toEqual([NOON])
})

test('sumUpDay: a day is forgotten with any of its hours, and its hours tell meanwhile', async () => {
  const day = NOON - (NOON % DAY_MS)
  for (const hour of [day, NOON]) {
    const id = idAt(hour, 0.1)
    statements.commit([{ kind: 'unsent', request: request(id), settled: requestSettled(id) }], hour)
    await rollUp({ reading, writing }, hour, 'wait')
  }
  expect(daysToSumUp(reading, day + DAY_MS - 1)).toEqual([])
  expect(daysToSumUp(reading, day + DAY_MS)).toEqual([day])
  sumUpDay({ reading, writing }, day)
  const requests = async () =>
    (await sqliteLedgerReader(reading).report({ since: day, until: day + DAY_MS, timeZone: 'UTC', by: [] }))
      .totals.requests
  const days = () => reading.prepare('SELECT day, hours FROM rollup_days').all()
  expect([days(), await requests()]).toEqual([[{ day, hours: 1 | (1 << 12) }], 2])
  const late = idAt(NOON, 0.2)
  statements.commit([{ kind: 'unsent', request: request(late), settled: requestSettled(late) }], NOON)
  forgetChangedHours({ reading, writing }, day)
  expect([days(), await requests()]).toEqual([[], 3])
  await rollUp({ reading, writing }, NOON, 'wait')
  sumUpDay({ reading, writing }, day)
  expect(await requests()).toBe(3)
})

function empty(): void {
  for (const table of ['requests', 'attempts', 'rollups', 'rollup_days', 'rollup_labels', 'rollup_words'])
    writing.exec(`DELETE FROM ${table}`)
}

function writesOf(given: Asked, index: number): readonly LedgerWrite[] {
  const {
    attempts: tried,
    tag,
    cache,
    baseline,
    savings,
    shadow,
    error,
    firstChunkMs,
    totalMs,
    tier,
    parts: sizes,
    ...labels
  } = given
  const id = idAt(given.at, index / 1000)
  const opened = request(id, { ...labels, tags: tag === undefined ? {} : { a: tag } })
  const settled = requestSettled(id, {
    status: error === undefined ? 200 : 504,
    error,
    tier,
    cache,
    baselineNanoUsd: baseline,
    savings,
    shadow: shadow === null ? undefined : { mechanism: 'exact', savedNanoUsd: shadow },
    firstChunkMs,
    totalMs,
    decision: { ...requestSettled(id).decision, ...(sizes !== undefined && { parts: sizes }) },
  })
  const writes: LedgerWrite[] = []
  for (const [ordinal, one] of tried.entries()) {
    const { provider, model, outcome, usage, cost, input, cached, image, output } = one
    const row = attempt(id, { ordinal, provider, model })
    writes.push(
      ordinal === 0 ? { kind: 'request', request: opened, attempt: row } : { kind: 'attempt', attempt: row },
      {
        kind: 'attempt_settled',
        settled: attemptSettled(id, {
          ordinal,
          outcome,
          usage,
          costNanoUsd: cost,
          tokens: { ...noTokens(), input, cache_read: cached, image_in: image, output },
        }),
      },
    )
  }
  if (writes.length === 0) return [{ kind: 'unsent', request: opened, settled }]
  return [...writes, { kind: 'request_settled', settled }]
}

function idAt(at: number, random: number): string {
  return requestId(at, () => random)
}

function exactly({ latency_ms: _, first_chunk_ms: __, ...figures }: ReportFigures) {
  return figures
}

function expectNear(row: ReportFigures, expected: ReportFigures | undefined): void {
  for (const figure of ['latency_ms', 'first_chunk_ms'] as const) {
    for (const share of ['p50', 'p95'] as const) {
      const [found, exact] = [row[figure][share], expected?.[figure][share]]
      if (found === null || exact === null || exact === undefined) expect(found).toBe(exact)
      else expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.02 * exact)
    }
  }
}
