/** Reads the settled requests of a period whole, page by page: no read lasts long enough to hold up who writes. */
import type Database from 'better-sqlite3'
import type { Decision } from '../metering/decision.ts'
import type { AttemptOutcome, CacheOutcome } from '../metering/ledger.ts'
import type { RecordedAttempt, RecordedRequest, RecordedTraffic } from '../metering/recorded-request.ts'
import { requestIdBound } from '../metering/request-id.ts'
import type { Period } from './ledger-scan.ts'
import { TOKEN_COLUMNS } from './ledger-statements.ts'

const REQUESTS_A_PAGE = 1000

/** One attempt joined to its request; a request without one has null from `provider` on. */
type JoinedRow = [
  id: string,
  at: number,
  workflow: string,
  keyName: string | null,
  user: string | null,
  session: string | null,
  tags: string | null,
  endpoint: string,
  modelAsked: string | null,
  tier: string | null,
  status: number,
  error: string | null,
  cache: CacheOutcome | null,
  totalMs: number | null,
  decision: string | null,
  provider: string | null,
  model: string,
  attemptTier: string | null,
  outcome: AttemptOutcome | null,
  estimatedInputTokens: number,
  costNanoUsd: number | null,
  attemptMs: number | null,
  ...tokens: number[],
]

const FIRST_TOKEN = 22

const PAGE = `
  SELECT r.id, r.at, r.workflow, r.key_name, r.user, r.session, r.tags, r.endpoint, r.model_asked, r.tier, r.status,
    r.error, r.cache, r.total_ms, r.decision, a.provider, a.model, a.tier, a.outcome, a.estimated_input_tokens,
    a.cost_nano_usd, a.total_ms, ${TOKEN_COLUMNS.map((column) => `a.${column}`).join(', ')}
  FROM (SELECT * FROM requests WHERE id > ? AND id < ? AND status IS NOT NULL ORDER BY id LIMIT ${REQUESTS_A_PAGE}) r
    LEFT JOIN attempts a ON a.request_id = r.id
  ORDER BY r.id, a.ordinal`

/** On a connection that only reads. */
export function recordedTraffic(database: Database.Database, { since, until }: Period): RecordedTraffic {
  const end = requestIdBound(until)
  const page = database.prepare<[string, string], JoinedRow>(PAGE).raw()
  return {
    count: () =>
      database
        .prepare<[string, string], number>(
          'SELECT count(*) FROM requests WHERE id >= ? AND id < ? AND status IS NOT NULL',
        )
        .pluck()
        .get(requestIdBound(since), end) ?? 0,
    keyWorkflows: () =>
      new Map(
        database
          .prepare<[], { name: string; workflows: string }>(
            'SELECT name, workflows FROM api_keys WHERE workflows IS NOT NULL AND revoked_at IS NULL',
          )
          .all()
          .map(({ name, workflows }) => [name, JSON.parse(workflows) as string[]]),
      ),
    async forEach(visit) {
      // Below every name of the first millisecond.
      let last = requestIdBound(since).slice(0, -1)
      for (;;) {
        const rows = page.all(last, end) as JoinedRow[]
        const requests = requestsOf(rows)
        for (const request of requests) visit(request)
        if (requests.length < REQUESTS_A_PAGE) return
        last = requests.at(-1)?.id ?? end
        await new Promise((resume) => setImmediate(resume))
      }
    },
  }
}

function requestsOf(rows: readonly JoinedRow[]): readonly RecordedRequest[] {
  const requests: RecordedRequest[] = []
  let id: string | undefined
  let attempts: RecordedAttempt[] = []
  for (const row of rows) {
    if (row[0] !== id) {
      id = row[0]
      attempts = []
      requests.push(requestOf(row, attempts))
    }
    if (row[15] !== null) attempts.push(attemptOf(row, row[15]))
  }
  return requests
}

function requestOf(row: JoinedRow, attempts: readonly RecordedAttempt[]): RecordedRequest {
  return {
    id: row[0],
    at: row[1],
    workflow: row[2],
    keyName: row[3] ?? undefined,
    user: row[4] ?? undefined,
    session: row[5] ?? undefined,
    tags: row[6] === null ? {} : (JSON.parse(row[6]) as Record<string, string>),
    endpoint: row[7],
    modelAsked: row[8] ?? undefined,
    tier: row[9] ?? undefined,
    failed: row[11] !== null || row[10] >= 400,
    cache: row[12] ?? undefined,
    totalMs: row[13] ?? undefined,
    decision: row[14] === null ? undefined : (JSON.parse(row[14]) as Decision),
    attempts,
  }
}

function attemptOf(row: JoinedRow, provider: string): RecordedAttempt {
  return {
    provider,
    model: row[16],
    tier: row[17] ?? undefined,
    outcome: row[18] ?? undefined,
    estimatedInputTokens: row[19],
    costNanoUsd: row[20] ?? undefined,
    totalMs: row[21] ?? undefined,
    tokens: row.slice(FIRST_TOKEN) as number[],
  }
}
