/** Reads of the ledger what was spent before a budget was there to count it. */
import type Database from 'better-sqlite3'
import type { PastBudget } from '../metering/budget-past.ts'
import { type Span, spanAt } from '../metering/budget-period.ts'
import { requestIdBound } from '../metering/request-id.ts'
import { pastScope } from './budget-scope.ts'

/** One scope's spending in one span. */
export interface PastSpend {
  scope: string
  period: number
  nanoUsd: number
}

/** Not ended yet, so that nobody knows what it will cost. */
interface PastPending {
  requestId: string
  ordinal: number
  scope: string
  period: number
}

/** Of one budget. */
export interface Past {
  /** Everything that began before is counted already; `undefined`: nothing is. Unix milliseconds. */
  countedTo: number | undefined
  spends: readonly PastSpend[]
  pending: readonly PastPending[]
}

export interface PastRow {
  requestId: string
  ordinal: number
  instance: number
  startedAt: number
  tenant: string
  team: string | null
  keyName: string | null
  user: string | null
  tags: string | null
  workflow: string
  outcome: string | null
  cost: number | null
}

/** Attempts begin within this time of their requests: only an answer that takes longer is retried after it. */
const LONGEST_REQUEST_MS = 3_600_000
/** About ten milliseconds: what else the thread does gets its turn meanwhile. */
const REQUESTS_A_SLICE = 5000

/**
 * What began before `until` and no process has counted, for each of the budgets in one reading. Nothing is written;
 * `between` is waited for between slices. `until` is Unix milliseconds.
 */
export async function readPasts(
  database: Database.Database,
  budgets: readonly PastBudget[],
  until: number,
  between: () => Promise<void> = async () => {},
): Promise<readonly Past[]> {
  const sums = budgets.map((budget) => new PastSum(database, budget, until))
  const from = Math.min(until, ...sums.map((sum) => sum.from))
  const last = requestIdBound(until)
  const ends = database
    .prepare<[string, string], string>(
      `SELECT id FROM requests WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ${REQUESTS_A_SLICE}`,
    )
    .pluck()
  const rows = database.prepare<[string, string, number, number], PastRow>(ROWS)
  let next: string | undefined = requestIdBound(Math.max(0, from - LONGEST_REQUEST_MS))
  while (next !== undefined && next < last) {
    const end: string | undefined = ends.get(next, last)
    for (const row of rows.all(next, end ?? last, from, until)) for (const sum of sums) sum.add(row)
    next = end
    await between()
  }
  return sums.map((sum) => sum.result())
}

const ROWS = `
  SELECT r.id AS requestId, a.ordinal, a.instance, a.started_at AS startedAt, r.tenant, r.team, r.key_name AS keyName,
    r.user, r.tags, r.workflow, a.outcome, a.cost_nano_usd AS cost
  FROM requests r JOIN attempts a ON a.request_id = r.id
  WHERE r.id >= ? AND r.id < ? AND a.started_at >= ? AND a.started_at < ? AND coalesce(a.cost_nano_usd, 1) > 0`

class PastSum {
  /** Unix milliseconds. */
  readonly from: number
  readonly #countedTo: number | undefined
  readonly #budget: PastBudget
  readonly #others: ReadonlySet<string>
  readonly #scopeOf: (row: PastRow) => string
  readonly #isCounted: (row: PastRow) => boolean
  /** By period, by scope. */
  readonly #spends = new Map<number, Map<string, number>>()
  readonly #pending: PastPending[] = []
  #span: Span | undefined

  constructor(database: Database.Database, budget: PastBudget, until: number) {
    this.#budget = budget
    this.#others = new Set(budget.others)
    this.#scopeOf = pastScope(database, budget.each)
    this.#isCounted = heldThen(database, budget.id)
    this.#countedTo = database
      .prepare<[string], number>('SELECT counted_to FROM budget_pasts WHERE budget = ?')
      .pluck()
      .get(budget.id)
    this.from = Math.max(this.#countedTo ?? 0, spanAt(budget.period, until).since)
  }

  add(row: PastRow): void {
    if (row.startedAt < this.from || !this.#isOfIt(row.workflow) || this.#isCounted(row)) return
    const scope = this.#scopeOf(row)
    const period = this.#periodOf(row.startedAt)
    if (row.outcome === null)
      this.#pending.push({ requestId: row.requestId, ordinal: row.ordinal, scope, period })
    else if (row.cost !== null) {
      const spends = this.#spends.get(period) ?? new Map<string, number>()
      this.#spends.set(period, spends)
      spends.set(scope, (spends.get(scope) ?? 0) + row.cost)
    }
  }

  result(): Past {
    const spends = [...this.#spends].flatMap(([period, byScope]) =>
      [...byScope].map(([scope, nanoUsd]) => ({ scope, period, nanoUsd })),
    )
    return { countedTo: this.#countedTo, spends, pending: this.#pending }
  }

  #isOfIt(workflow: string): boolean {
    const own = this.#budget.workflow
    if (own === undefined) return true
    return own === DEFAULT ? !this.#others.has(workflow) : workflow === own
  }

  #periodOf(at: number): number {
    if (this.#span === undefined || at < this.#span.start || at >= this.#span.end)
      this.#span = spanAt(this.#budget.period, at)
    return this.#span.start
  }
}

const DEFAULT = 'default'

/** Whether the process that began an attempt held the budget then: it is counted as it was opened. */
function heldThen(database: Database.Database, budget: string): (row: PastRow) => boolean {
  const holders = database
    .prepare<[string], { instance: number; since: number; until: number | null }>(
      'SELECT instance, since, until FROM budget_holders WHERE budget = ?',
    )
    .all(budget)
  return ({ instance, startedAt }) =>
    holders.some(
      (holder) =>
        holder.instance === instance &&
        startedAt >= holder.since &&
        (holder.until === null || startedAt < holder.until),
    )
}
