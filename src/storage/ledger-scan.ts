/** Reads the requests of a period one after the other, with their attempts, as reports and rollups sum them. */
import type Database from 'better-sqlite3'
import { Failure } from '../errors.ts'
import type { CacheOutcome, ShadowMechanism } from '../metering/ledger.ts'
import type { PartSizes } from '../metering/parts.ts'
import type { ReportDimension } from '../metering/reports.ts'
import { requestIdBound } from '../metering/request-id.ts'
import type { SavingsNote } from '../metering/savings-note.ts'
import type { UsageSource } from '../metering/tokens.ts'
import { isOwn } from './figure-sums.ts'
import { TOKEN_COLUMNS } from './ledger-statements.ts'
import { reportedParts } from './part-sums.ts'
import { isDerived, type ReportedAttempt, type ReportedRequest } from './report-builder.ts'

type Label = string | null

/** One attempt joined to its request; a request without one has null from `ordinal` on. */
type JoinedRow = [
  rowid: number,
  at: number,
  status: number | null,
  error: string | null,
  totalMs: number | null,
  firstChunkMs: number | null,
  cache: CacheOutcome | null,
  baselineNanoUsd: number | null,
  shadow: ShadowMechanism | null,
  shadowNanoUsd: number | null,
  semanticWrong: number | null,
  savings: string | null,
  ordinal: number | null,
  provider: string,
  model: string,
  outcome: ReportedAttempt['outcome'],
  usage: UsageSource | null,
  costNanoUsd: number | null,
  attemptMs: number | null,
  ...tokensThenLabels: (number | Label)[],
]

const FIXED_COLUMNS = 19
const FIRST_LABEL = FIXED_COLUMNS + TOKEN_COLUMNS.length

/** Other work of the thread, its heartbeat above all, gets a turn after this many rows: about 10 ms. */
const ROWS_A_TURN = 4000

const LABEL_COLUMNS: Readonly<Record<string, string>> = {
  workflow: 'r.workflow',
  step: 'r.step',
  tier: 'r.tier',
  rule: 'r.rule',
  arm: "json_extract(r.decision, '$.policy.workflow')",
  shadow_tier: "json_extract(r.savings, '$.shadowRoute.tier')",
  key: 'r.key_name',
  team: 'r.team',
  tenant: 'r.tenant',
  user: 'r.user',
  tags: 'r.tags',
}
const PARTS = "json_extract(r.decision, '$.parts')"

/** Beside what a report may be grouped by: all tags of a request, as JSON. */
type ScannedLabel = ReportDimension | 'tags'

export interface Period {
  /** Unix milliseconds; `until` is exclusive. */
  since: number
  until: number
}

/**
 * Visits requests in the order of their ids, with the labels that `dimensions` ask for, and with what their input
 * consisted of where `part` is among them. `visit` is told too whether anything of the request is under way.
 * @throws Failure `invalid_request` for an unknown dimension.
 */
export async function scanRequests(
  database: Database.Database,
  { since, until }: Period,
  dimensions: readonly ScannedLabel[],
  visit: (request: ReportedRequest, isOpen: boolean) => void,
): Promise<void> {
  const labels = dimensions.map(labelColumn)
  const withParts = dimensions.includes('part')
  const statement = database.prepare<unknown[], JoinedRow>(`
    SELECT r.rowid, r.at, r.status, r.error, r.total_ms, r.first_chunk_ms,
      r.cache, r.baseline_nano_usd, r.shadow, r.shadow_nano_usd, r.semantic_wrong, r.savings,
      a.ordinal, a.provider, a.model, a.outcome, a.usage, a.cost_nano_usd, a.total_ms,
      ${TOKEN_COLUMNS.map((column) => `a.${column}`).join(', ')}
      ${labels.map(({ sql }) => `, ${sql}`).join('')}${withParts ? `, ${PARTS}` : ''}
    FROM requests r LEFT JOIN attempts a ON a.request_id = r.id
    WHERE r.id >= ? AND r.id < ?
    ORDER BY r.id, a.ordinal`)
  const parameters = [
    ...labels.flatMap(({ parameters }) => parameters),
    requestIdBound(since),
    requestIdBound(until),
  ]
  let last: { row: JoinedRow; request: ReportedRequest; attempts: ReportedAttempt[] } | undefined
  const finish = (): void => {
    if (last === undefined) return
    const sizes = withParts ? last.row.at(-1) : null
    if (typeof sizes === 'string') {
      last.request.parts = reportedParts(JSON.parse(sizes) as PartSizes, last.request)
    }
    visit(last.request, last.row[2] === null || last.attempts.some(({ outcome }) => outcome === null))
  }
  let rows = 0
  for (const row of statement.raw().iterate(...parameters) as IterableIterator<JoinedRow>) {
    if (++rows % ROWS_A_TURN === 0) await new Promise((resume) => setImmediate(resume))
    if (last?.row[0] !== row[0]) {
      finish()
      const attempts: ReportedAttempt[] = []
      last = { row, request: reportedRequest(row, attempts), attempts }
    }
    if (row[12] !== null) last.attempts.push(reportedAttempt(row))
  }
  finish()
}

function reportedRequest(row: JoinedRow, attempts: readonly ReportedAttempt[]): ReportedRequest {
  const [, at, status, error, totalMs, firstChunkMs, cache, baselineNanoUsd] = row
  const [shadow, shadowNanoUsd, semanticWrong, savings] = [row[8], row[9], row[10], row[11]]
  const own = isOwn({ cache })
  return {
    at,
    failed: !own && (error !== null || (status !== null && status >= 400)),
    totalMs: own ? null : totalMs,
    firstChunkMs: own ? null : firstChunkMs,
    cache,
    baselineNanoUsd,
    savings: savings === null ? undefined : (JSON.parse(savings) as SavingsNote),
    shadow,
    shadowNanoUsd,
    semanticWrong,
    labels: row.slice(FIRST_LABEL) as Label[],
    attempts,
  }
}

function reportedAttempt(row: JoinedRow): ReportedAttempt {
  return {
    provider: row[13],
    model: row[14],
    outcome: row[15],
    usage: row[16],
    costNanoUsd: row[17],
    totalMs: row[18],
    tokens: row.slice(FIXED_COLUMNS, FIRST_LABEL) as number[],
  }
}

/** The SQL of a dimension's value, with what it binds. */
function labelColumn(dimension: ScannedLabel): { sql: string; parameters: readonly string[] } {
  if (dimension !== 'tags' && isDerived(dimension)) return { sql: 'NULL', parameters: [] }
  if (dimension.startsWith('tag:')) {
    // Not a JSON path: a tag's name may hold quotes and dots.
    const sql = '(SELECT value FROM json_each(r.tags) WHERE key = ?)'
    return { sql, parameters: [dimension.slice('tag:'.length)] }
  }
  const sql = Object.hasOwn(LABEL_COLUMNS, dimension) ? LABEL_COLUMNS[dimension] : undefined
  if (sql === undefined) {
    throw new Failure('invalid_request', `The ledger cannot be grouped by ${JSON.stringify(dimension)}.`)
  }
  return { sql, parameters: [] }
}
