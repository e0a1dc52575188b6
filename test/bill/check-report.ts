/** Holds reports to the rows that they sum up, and to themselves. */
import { COUNTED, type CountedBucket } from '../support/mock-provider/counted.ts'
import type { RequestRow } from './rows.ts'

export interface Figures {
  requests: number
  errors: number
  hits: { exact: number; coalesced: number }
  tokens: Record<CountedBucket, number>
  usage: { reported: number; estimated: number; absent: number }
  baseline_usd: number | null
  cost_usd: number | null
  saved_usd: number | null
  savings: Readonly<Record<string, number>>
  overhead_usd: number | null
  shadow: { exact?: { hits: number; saved_usd: number } }
  latency_ms: unknown
  first_chunk_ms: unknown
}

export interface PrintedReport {
  rows: readonly (Figures & Readonly<Record<string, unknown>>)[]
  totals: Figures
}

/** Dimensions of a request; those of an attempt count a request in each of its rows. */
export const OF_REQUESTS = ['workflow', 'user', 'tier', 'rule', 'hour', 'day', 'mechanism'] as const
export const OF_ATTEMPTS = ['model', 'provider'] as const

/** What the report's totals must be, from the rows alone. */
export function checkTotals(totals: Figures, rows: readonly RequestRow[]): readonly string[] {
  const attempts = rows.flatMap((row) => row.attempts)
  const count = <Row>(list: readonly Row[], holds: (row: Row) => boolean): number => list.filter(holds).length
  const shadowed = rows.filter(({ shadow }) => shadow !== null)
  const expected = {
    requests: rows.length,
    errors: count(rows, ({ status, error }) => error !== null || (status ?? 0) >= 400),
    exact: count(rows, ({ cache }) => cache === 'exact'),
    coalesced: count(rows, ({ cache }) => cache === 'coalesced'),
    reported: count(attempts, ({ usage }) => usage === 'reported'),
    estimated: count(attempts, ({ usage }) => usage === 'estimated'),
    absent: count(attempts, ({ usage }) => usage === 'absent'),
    cost: sum(attempts.map(({ cost }) => cost ?? 0)),
    shadowed: shadowed.length,
    shadowSaved: sum(shadowed.map(({ shadowSaved }) => shadowSaved ?? 0)),
    exactSaved: savedBy('exact', rows),
    coalescedSaved: savedBy('coalesced', rows),
    ...Object.fromEntries(
      COUNTED.map((bucket) => [bucket, sum(attempts.map(({ tokens }) => tokens[bucket]))]),
    ),
  }
  const told = {
    requests: totals.requests,
    errors: totals.errors,
    exact: totals.hits.exact,
    coalesced: totals.hits.coalesced,
    ...totals.usage,
    cost: nano(totals.cost_usd),
    shadowed: totals.shadow.exact?.hits ?? 0,
    shadowSaved: nano(totals.shadow.exact?.saved_usd ?? 0),
    exactSaved: nano(totals.savings.exact ?? 0),
    coalescedSaved: nano(totals.savings.coalesced ?? 0),
    ...totals.tokens,
  }
  return differences('the totals', told, expected)
}

/** Baseline less cost is what was saved, and that is what the mechanisms saved, less what failed attempts cost. */
export function checkSavings(figures: Figures): readonly string[] {
  const { baseline_usd, cost_usd, saved_usd, savings, overhead_usd } = figures
  const saved = nano(baseline_usd) - nano(cost_usd)
  const byMechanism = sum(Object.values(savings).map(nano)) - nano(overhead_usd)
  if (saved === nano(saved_usd) && saved === byMechanism) return []
  return [`saved ${nano(saved_usd)}: baseline less cost is ${saved}, mechanisms less overhead ${byMechanism}`]
}

/** The rows of a report sum to its totals; requests, too, where each is in one row. */
export function checkParts(by: string, { rows, totals }: PrintedReport): readonly string[] {
  const isOfAttempts = OF_ATTEMPTS.some((dimension) => dimension === by)
  const parts = (figures: Figures) => ({
    ...(isOfAttempts ? {} : { requests: figures.requests, errors: figures.errors, ...figures.hits }),
    ...figures.usage,
    ...figures.tokens,
    cost: nano(figures.cost_usd),
    baseline: nano(figures.baseline_usd),
    overhead: nano(figures.overhead_usd),
  })
  const summed: Record<string, number> = {}
  for (const row of rows) {
    for (const [name, amount] of Object.entries(parts(row))) summed[name] = (summed[name] ?? 0) + amount
  }
  return differences(`the rows by ${by}`, summed, parts(totals))
}

/** Of one whole number of nano-dollars each. */
export function nano(usd: number | null): number {
  return Math.round((usd ?? 0) * 1e9)
}

function savedBy(cache: RequestRow['cache'], rows: readonly RequestRow[]): number {
  return sum(rows.filter((row) => row.cache === cache).map(({ baseline }) => baseline ?? 0))
}

function differences(
  what: string,
  told: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
): readonly string[] {
  const names = Object.keys(expected).filter((name) => (told[name] ?? 0) !== expected[name])
  return names.map((name) => `${what} tell ${told[name]} ${name}, not ${expected[name]}`)
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
