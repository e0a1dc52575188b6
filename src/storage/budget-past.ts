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
export interface PastPending {
  requestId: string
  ordinal: number
  scope: string
  period: number
}

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
 * What began before `until` and no process has counted. Nothing is written; `between` is waited for between slices.
 * `until` is Unix milliseconds.
 */
export async function readPast(
  database: Database.Database,
  budget: PastBudget,
  until: number,
  between: () => Promise<void> = async () => {},
): Promise<Past> {
  const countedTo = database
    .prepare<[string], number>('SELECT counted_to FROM budget_pasts WHERE budget = ?')
    .pluck()
    .get(budget.id)
  const from = Math.max(countedTo ?? 0, spanAt(budget.period, until).since)
  const sum = new PastSum(database, budget)
  const last = requestIdBound(until)
  const slices = database
    .prepare<[string, string], string>(
      `SELECT id FROM requests WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ${REQUESTS_A_SLICE}`,
    )
    .pluck()
  const rows = rowsOf(database, budget)
  let next: string | undefined = requestIdBound(Math.max(0, from - LONGEST_REQUEST_MS))
  while (next !== undefined && next < last) {
    const end: string | undefined = slices.get(next, last)
    for (const row of rows.all(next, end ?? last, from, until) as PastRow[]) sum.add(row)
    next = end
    await between()
  }
  return { countedTo, ...sum.result() }
}

class PastSum {
  readonly #budget: PastBudget
  readonly #scopeOf: (row: PastRow) => string
  readonly #isCounted: (row: PastRow) => boolean
  readonly #spends = new Map<string, PastSpend>()
  readonly #pending: PastPending[] = []
  #span: Span | undefined

  constructor(database: Database.Database, budget: PastBudget) {
    this.#budget = budget
    this.#scopeOf = pastScope(database, budget.each)
    this.#isCounted = heldThen(database, budget.id)
  }

  add(row: PastRow): void {
    if (this.#isCounted(row)) return
    const place = { scope: this.#scopeOf(row), period: this.#periodOf(row.startedAt) }
    if (row.outcome === null) {
      this.#pending.push({ requestId: row.requestId, ordinal: row.ordinal, ...place })
    } else if (row.cost !== null && row.cost > 0) {
      const name = JSON.stringify([place.scope, place.period])
      const spend = this.#spends.get(name) ?? { ...place, nanoUsd: 0 }
      spend.nanoUsd += row.cost
      this.#spends.set(name, spend)
    }
  }

  result(): Pick<Past, 'spends' | 'pending'> {
    return { spends: [...this.#spends.values()], pending: this.#pending }
  }

  #periodOf(at: number): number {
    if (this.#span === undefined || at < this.#span.start || at >= this.#span.end)
      this.#span = spanAt(this.#budget.period, at)
    return this.#span.start
  }
}

/** Rows come in the order of their requests. */
function rowsOf(database: Database.Database, { workflow, others }: PastBudget) {
  const isOfIt =
    workflow === undefined
      ? '1'
      : workflow === DEFAULT
        ? `r.workflow NOT IN (SELECT value FROM json_each(${quoted(JSON.stringify(others))}))`
        : `r.workflow = ${quoted(workflow)}`
  return database.prepare(`
    SELECT r.id AS requestId, a.ordinal, a.instance, a.started_at AS startedAt, r.tenant, r.team,
      r.key_name AS keyName, r.user, r.tags, r.workflow, a.outcome, a.cost_nano_usd AS cost
    FROM requests r JOIN attempts a ON a.request_id = r.id
    WHERE r.id >= ? AND r.id < ? AND a.started_at >= ? AND a.started_at < ? AND ${isOfIt}`)
}

const DEFAULT = 'default'

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

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
