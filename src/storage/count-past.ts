/** Counts in a budget what the ledger has of the time before it was there: once, whichever process comes first. */
import type Database from 'better-sqlite3'
import type { PastBudget } from '../metering/budget-past.ts'
import { type Past, readPasts } from './budget-past.ts'

/** A living process gives a sign of life more often. */
const SEEN_WITHIN_MS = 10_000

export interface CountingConnections {
  reading: Database.Database
  writing: Database.Database
}

/**
 * From `at` on the instance counts by itself what it begins. `at` is Unix milliseconds.
 * @throws SqliteError
 */
export async function countPasts(
  { reading, writing }: CountingConnections,
  budgets: readonly PastBudget[],
  { instance, at }: { instance: number; at: number },
  between: () => Promise<void>,
): Promise<void> {
  let left = budgets
  while (left.length > 0) {
    const pasts = await readPasts(reading, left, at, between)
    left = left.filter(({ id }, index) => !writePast(writing, id, pasts[index] as Past, { instance, at }))
  }
}

/** False where another process has counted meanwhile: what was read is counted in part. */
function writePast(
  writing: Database.Database,
  budget: string,
  { countedTo, spends, pending }: Past,
  { instance, at }: { instance: number; at: number },
): boolean {
  const write = writing.transaction((): boolean => {
    const now = writing
      .prepare<[string], number>('SELECT counted_to FROM budget_pasts WHERE budget = ?')
      .pluck()
      .get(budget)
    if (now !== countedTo) return false
    const add = addEarlier(writing)
    for (const { scope, period, nanoUsd } of spends) add(budget, scope, period, nanoUsd)
    const wait = writing.prepare('INSERT INTO budget_pending VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    for (const { requestId, ordinal, scope, period } of pending)
      wait.run(budget, requestId, ordinal, scope, period)
    // Never back: another's clock may be ahead.
    writing
      .prepare(
        `INSERT INTO budget_pasts VALUES (?, ?)
         ON CONFLICT DO UPDATE SET counted_to = max(counted_to, excluded.counted_to)`,
      )
      .run(budget, at)
    hold(writing, budget, instance, at)
    return true
  })
  return write.immediate()
}

/** What processes that are gone began is counted by now. */
function hold(writing: Database.Database, budget: string, instance: number, at: number): void {
  writing
    .prepare(
      'DELETE FROM budget_holders WHERE budget = ? AND instance <> ? AND instance NOT IN (SELECT id FROM instances)',
    )
    .run(budget, instance)
  writing
    .prepare('INSERT INTO budget_holders VALUES (?, ?, ?, NULL) ON CONFLICT DO NOTHING')
    .run(budget, instance, at)
}

/**
 * Whether another process is at work that does not hold one of the budgets: what it has begun is in the file only after
 * its commit, which may wait for a lock. `at` is Unix milliseconds.
 */
export function othersCommit(
  reading: Database.Database,
  budgets: readonly Pick<PastBudget, 'id'>[],
  { instance, at }: { instance: number; at: number },
): boolean {
  const others = reading.prepare<[number, number, string], unknown>(`
    SELECT 1 FROM instances i WHERE i.id <> ? AND i.seen_at > ? AND NOT EXISTS (
      SELECT 1 FROM budget_holders h WHERE h.budget = ? AND h.instance = i.id AND h.until IS NULL)`)
  return budgets.some(({ id }) => others.get(instance, at - SEEN_WITHIN_MS, id) !== undefined)
}

/** The instance counts the budget no longer. */
export function releaseBudgets(
  writing: Database.Database,
  budgets: readonly string[],
  { instance, at }: { instance: number; at: number },
): void {
  const release = writing.prepare(
    'UPDATE budget_holders SET until = ? WHERE budget = ? AND instance = ? AND until IS NULL',
  )
  for (const budget of budgets) release.run(at, budget, instance)
}

interface Ended {
  budget: string
  requestId: string
  ordinal: number
  scope: string
  period: number
  cost: number | null
}

/** Counts what was under way when the past was counted and has ended since. @throws SqliteError */
export function countPending({ reading, writing }: CountingConnections): void {
  if (reading.prepare('SELECT 1 FROM budget_pending LIMIT 1').get() === undefined) return
  const ended = reading
    .prepare<[], Ended>(`
      SELECT p.budget, p.request_id AS requestId, p.ordinal, p.scope, p.period, a.cost_nano_usd AS cost
      FROM budget_pending p LEFT JOIN attempts a ON a.request_id = p.request_id AND a.ordinal = p.ordinal
      WHERE a.request_id IS NULL OR a.outcome IS NOT NULL`)
    .all()
  if (ended.length === 0) return
  const write = writing.transaction(() => {
    const forget = writing.prepare(
      'DELETE FROM budget_pending WHERE budget = ? AND request_id = ? AND ordinal = ?',
    )
    const add = addEarlier(writing)
    for (const { budget, requestId, ordinal, scope, period, cost } of ended) {
      // Another process may have counted it meanwhile.
      if (forget.run(budget, requestId, ordinal).changes === 1 && cost !== null && cost > 0)
        add(budget, scope, period, cost)
    }
  })
  write.immediate()
}

function addEarlier(
  writing: Database.Database,
): (budget: string, scope: string, period: number, nanoUsd: number) => void {
  const statement = writing.prepare(`
    INSERT INTO budget_spend (budget, scope, period, spent_nano_usd, reserved_nano_usd, earlier_nano_usd)
    VALUES (?, ?, ?, ?, 0, ?)
    ON CONFLICT DO UPDATE SET spent_nano_usd = spent_nano_usd + excluded.spent_nano_usd,
      earlier_nano_usd = earlier_nano_usd + excluded.earlier_nano_usd`)
  return (budget, scope, period, nanoUsd) => void statement.run(budget, scope, period, nanoUsd, nanoUsd)
}
