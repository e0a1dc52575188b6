import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { priceUsage } from '../../src/metering/meter.ts'
import { createPricer, type PricerOptions } from '../../src/metering/price.ts'
import { HOURLY } from '../../src/metering/standing-cost.ts'
import { noTokens } from '../../src/metering/tokens.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import { type PriceAttempt, reprice } from '../../src/storage/reprice.ts'
import type { SqliteLedger } from '../../src/storage/sqlite-ledger.ts'
import {
  attempt,
  attemptSettled,
  idOf,
  migratedDatabase,
  NOON,
  openLedger,
  request,
  requestSettled,
  temporaryFolder,
} from './ledger-rows.ts'

const SPAN = { since: NOON - 1000, until: NOON + 1000 }
const LATER = NOON + 86_400_000
/** 100 in and 20 out, as `attemptSettled` has them. */
const OLD = 1_500_000

let folder: ReturnType<typeof temporaryFolder>
let database: Database.Database
let ledger: SqliteLedger

beforeEach(async () => {
  folder = temporaryFolder()
  const path = join(folder.path, 'ledger.db')
  ledger = (await openLedger(path)).ledger
  // Another connection, as the command has one.
  database = await migratedDatabase(path)
})
afterEach(async () => {
  database.close()
  await ledger.close()
  folder.remove()
})

describe('reprice', () => {
  it('gives attempts the new price and keeps the old one with its version', async () => {
    await record('a')
    const lines = reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER)
    expect(lines).toEqual([
      {
        provider: 'openai',
        model: 'gpt-5.5',
        attempts: 1,
        changed: 1,
        unknown: 0,
        beforeNanoUsd: OLD,
        afterNanoUsd: 140_000,
      },
    ])
    expect(costs()).toEqual([[140_000, 'override']])
    expect(kept()).toEqual([[0, LATER, OLD, 'prices-1', OLD]])
    const { totals } = await report()
    expect(totals).toMatchObject({ cost_usd: 0.00014, baseline_usd: 0.00014, saved_usd: 0 })
  })

  it('prices the baseline of an answer, too, whose first caller left it to others', async () => {
    await record('a', {}, OLD, NOON, { status: 499, error: 'caller_left' })
    reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER)
    expect((await report()).totals).toMatchObject({ cost_usd: 0.00014, baseline_usd: 0.00014, saved_usd: 0 })
  })

  it.each([
    ['was unknown', {}],
    ['was another', { costNanoUsd: 7 }],
  ])(
    'prices where a route in shadow led, whose price %s, though the answer costs what it cost',
    async (_, known) => {
      const savings = { shadowRoute: { tier: 'small', model: 'gpu/small', ...known } }
      await record('a', {}, OLD, NOON, { savings })
      const prices = pricedAll({
        'openai/gpt-5.5': { input: 5, output: 50 },
        'gpu/small': { input: 1, output: 2 },
      })
      reprice(database, SPAN, prices, LATER)
      const { totals } = await report()
      expect(totals).toMatchObject({ cost_usd: OLD / 1e9, baseline_usd: OLD / 1e9 })
      expect(totals.shadow_route).toEqual({ requests: 1, elsewhere: 1, unpriced: 0, saved_usd: 0.00136 })
      expect(reprice(database, SPAN, prices, LATER + 1)).toMatchObject([{ changed: 0 }])
    },
  )

  it('leaves what memory gave of an answer as it was, however often the rest is priced again', async () => {
    await record('a', {}, OLD + 77, NOON, { cache: 'partial' })
    for (const [index, input] of [1, 3].entries()) {
      reprice(database, SPAN, priced({ input, output: 2 }), LATER + index)
      const { totals } = await report()
      expect(totals.savings).toEqual({ exact: 77e-9 })
      expect(totals.saved_usd).toBe(77e-9)
    }
    expect(costs()).toEqual([[340_000, 'override']])
  })

  it('keeps every older price, and nothing where nothing changes', async () => {
    await record('a')
    reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER)
    reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER + 1)
    reprice(database, SPAN, priced({ input: 2, output: 2 }), LATER + 2)
    expect(costs()).toEqual([[240_000, 'override']])
    expect(kept().map(([, at, cost]) => [at, cost])).toEqual([
      [LATER, OLD],
      [LATER + 2, 140_000],
    ])
  })

  it('finds prices for what had none, and leaves a price that nobody knows any more', async () => {
    await record('a', { costNanoUsd: undefined, priceVersion: undefined })
    await record('b')
    const lines = reprice(database, SPAN, priced(undefined), LATER)
    expect(lines[0]).toMatchObject({
      attempts: 2,
      changed: 0,
      unknown: 2,
      beforeNanoUsd: OLD,
      afterNanoUsd: OLD,
    })
    expect(costs()).toEqual([
      [null, null],
      [OLD, 'prices-1'],
    ])
    reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER)
    expect(costs()).toEqual([
      [140_000, 'override'],
      [140_000, 'override'],
    ])
    expect((await report()).totals).toMatchObject({
      unpriced_requests: 0,
      cost_usd: 0.00028,
      baseline_usd: 0.00028,
    })
  })

  it('prices by what was kept of the answer: its tier, and what was read from the cache', async () => {
    const tokens = { ...noTokens(), input: 10, cache_read: 90, output: 20 }
    await record('a', { tokens, terms: { serviceTier: 'flex', cachedAudio: 3 } })
    reprice(database, SPAN, priced({ input: 10, cache_read: 1, output: 20 }, { flex: 0.5 }), LATER)
    expect(costs()).toEqual([[(10 * 10_000 + 90 * 1000 + 20 * 20_000) / 2, 'override']])
    const baseline = (100 * 10_000 + 20 * 20_000) / 2
    expect((await report()).totals).toMatchObject({
      baseline_usd: baseline / 1e9,
      savings: { prefix_discount: (90 * 9000) / 2 / 1e9 },
    })
  })

  it('prices the model that a baseline is of, and what was left out, again', async () => {
    const savings = { model: 'openai/huge/model', trimmedTokens: 50, trimming: 1 }
    await record('a', {}, OLD * 9, NOON, { savings })
    const prices = {
      'openai/gpt-5.5': { input: 1, output: 2 },
      'openai/huge/model': { input: 10, output: 20 },
    }
    const pricer = pricedAll(prices)
    reprice(database, SPAN, pricer, LATER)
    expect((await report()).totals).toMatchObject({
      cost_usd: 0.00014,
      baseline_usd: 0.0019,
      savings: { small_model: 0.00126, trimming: 0.0005 },
    })
    expect(reprice(database, SPAN, pricer, LATER + 1)[0]).toMatchObject({ changed: 0, unknown: 0 })
  })

  it('leaves shares of an hour as they are', async () => {
    await record('a', { priceVersion: HOURLY })
    expect(reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER)).toEqual([])
    expect(costs()).toEqual([[OLD, HOURLY]])
  })

  it('prices each attempt of a request once, and leaves what nobody bills', async () => {
    const id = idOf('a')
    await ledger.openRequest(request(id), attempt(id))
    ledger.settleAttempt(
      attemptSettled(id, {
        outcome: 'rate_limited',
        tokens: noTokens(),
        usage: 'absent',
        costNanoUsd: 0,
        priceVersion: undefined,
      }),
    )
    await ledger.openAttempt(attempt(id, { ordinal: 1 }))
    ledger.settleAttempt(attemptSettled(id, { ordinal: 1 }))
    ledger.settleRequest(requestSettled(id, { baselineNanoUsd: OLD }))
    await record('b')
    reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER)
    expect(costs()).toEqual([
      [0, null],
      [140_000, 'override'],
      [140_000, 'override'],
    ])
  })

  it('takes the requests of its time alone, and more than fit in one transaction', async () => {
    for (let index = 1000; index < 1450; index++) await record(String(index))
    await record('x', {}, OLD, SPAN.until)
    const [line] = reprice(database, SPAN, priced({ input: 1, output: 2 }), LATER)
    expect(line).toMatchObject({ attempts: 450, changed: 450 })
    expect(costs().filter(([, version]) => version === 'prices-1')).toHaveLength(1)
  })
})

async function record(
  label: string,
  given: NonNullable<Parameters<typeof attemptSettled>[1]> = {},
  baselineNanoUsd: number | undefined = 'costNanoUsd' in given ? given.costNanoUsd : OLD,
  at = NOON,
  ending: Parameters<typeof requestSettled>[1] = {},
): Promise<void> {
  const id = idOf(label, at)
  await ledger.openRequest(request(id, { at }), attempt(id, { startedAt: at }))
  ledger.settleAttempt(attemptSettled(id, given))
  ledger.settleRequest(requestSettled(id, { baselineNanoUsd, ...ending }))
  await flushed()
}

function flushed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** `override`: USD per million; undefined: nobody knows the model's price. */
function priced(
  override: { input: number; output: number; cache_read?: number } | undefined,
  serviceTiers = {},
): PriceAttempt {
  return pricedAll(override === undefined ? {} : { 'openai/gpt-5.5': override }, serviceTiers)
}

/** By `provider/model`. */
function pricedAll(overrides: NonNullable<PricerOptions['overrides']>, serviceTiers = {}): PriceAttempt {
  const pricer = createPricer({ overrides, serviceTiers })
  return ({ provider, model, at, tokens, terms }) => {
    const usage = { tokens, ...(terms === undefined ? {} : { terms }) }
    const price = priceUsage(pricer, { provider, priceProvider: undefined, model, at }, usage)
    const { costNanoUsd, priceVersion, baselineNanoUsd } = price
    if (costNanoUsd === undefined || priceVersion === undefined) return undefined
    return { costNanoUsd, priceVersion, baselineNanoUsd }
  }
}

function costs() {
  return database
    .prepare(
      'SELECT cost_nano_usd, price_version FROM attempts WHERE outcome IS NOT NULL ORDER BY request_id, ordinal',
    )
    .raw()
    .all() as [number | null, string | null][]
}

function kept() {
  return database
    .prepare(
      'SELECT ordinal, at, cost_nano_usd, price_version, baseline_nano_usd FROM repricings ORDER BY at',
    )
    .raw()
    .all() as [number, number, number | null, string | null, number | null][]
}

function report() {
  return sqliteLedgerReader(database).report({ ...SPAN, timeZone: 'UTC', by: [] })
}
