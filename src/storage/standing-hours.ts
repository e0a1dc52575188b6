/** Spreads what a provider cost in a past hour over the attempts that it served then, by their tokens, to the nano-dollar. */
import type Database from 'better-sqlite3'
import { requestIdBound } from '../metering/request-id.ts'
import { HOURLY } from '../metering/standing-cost.ts'
import { TOKEN_COLUMNS } from './ledger-statements.ts'
import { providersStanding, standingIn } from './standing-spans.ts'

const HOUR_MS = 3_600_000
/** Two milliseconds a transaction: other writers wait no longer than that. */
const BATCH = 200
/** Rows read before other work gets its turn. */
const ROWS_A_TURN = 4000

interface Connections {
  /** Busy over many turns; nothing is written by it. */
  reading: Database.Database
  writing: Database.Database
}

/** What is served counts: what a prompt cache kept was not worked on. */
const SERVED = TOKEN_COLUMNS.filter((column) => column !== 'cache_read_tokens').join(' + ')
const ANSWERED = 'output_tokens + reasoning_tokens + audio_out_tokens + image_out_tokens'

type ServedRow = [
  requestId: string,
  ordinal: number,
  replica: string,
  startedAt: number,
  totalMs: number,
  costNanoUsd: number | null,
  tokens: number,
  outputTokens: number,
]

/** What attempts of a time served. */
export interface Served {
  tokens: number
  outputTokens: number
  /** In which at least one request was under way, of all replicas together. */
  busyMs: number
  /** What they cost as it stands in their rows. */
  costNanoUsd: number
  attempts: readonly { requestId: string; ordinal: number; tokens: number; costNanoUsd: number | null }[]
}

/** Does it again where it was done: the outcome is the same unless attempts came late. @throws SqliteError */
export async function spreadStandingCosts(connections: Connections, hour: number): Promise<void> {
  const until = hour + HOUR_MS
  for (const provider of providersStanding(connections.reading, hour, until)) {
    const { nanoUsd } = standingIn(connections.reading, provider, hour, until)
    const served = await servedIn(connections.reading, provider, hour, until)
    await writeShares(connections.writing, served, nanoUsd)
    connections.writing
      .prepare(
        `INSERT OR REPLACE INTO standing_hours (hour, provider, nano_usd, tokens, output_tokens, busy_ms)
        VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(hour, provider, nanoUsd, served.tokens, served.outputTokens, served.busyMs)
  }
}

/** Of requests that came in that time. */
export async function servedIn(
  database: Database.Database,
  provider: string,
  since: number,
  until: number,
): Promise<Served> {
  const statement = database.prepare<unknown[], ServedRow>(`
    SELECT request_id, ordinal, replica, started_at, coalesce(total_ms, 0), cost_nano_usd, ${SERVED}, ${ANSWERED}
    FROM attempts
    WHERE request_id >= ? AND request_id < ? AND provider = ? AND price_version = ? ORDER BY request_id, ordinal`)
  const attempts: { requestId: string; ordinal: number; tokens: number; costNanoUsd: number | null }[] = []
  const times = new Map<string, [number, number][]>()
  const sums = { tokens: 0, outputTokens: 0, costNanoUsd: 0 }
  const bounds = [requestIdBound(since), requestIdBound(until), provider, HOURLY]
  for (const row of statement.raw().iterate(...bounds) as IterableIterator<ServedRow>) {
    const [requestId, ordinal, replica, startedAt, totalMs, costNanoUsd, tokens, outputTokens] = row
    attempts.push({ requestId, ordinal, tokens, costNanoUsd })
    sums.tokens += tokens
    sums.outputTokens += outputTokens
    sums.costNanoUsd += costNanoUsd ?? 0
    const known = times.get(replica)
    const time: [number, number] = [startedAt, Math.min(until, startedAt + totalMs)]
    if (known === undefined) times.set(replica, [time])
    else known.push(time)
    if (attempts.length % ROWS_A_TURN === 0) await turn()
  }
  let busyMs = 0
  for (const ofReplica of times.values()) busyMs += covered(ofReplica)
  return { ...sums, busyMs, attempts }
}

/** Rounded so that all shares together are the whole. */
async function writeShares(
  database: Database.Database,
  { attempts, tokens: all }: Served,
  nanoUsd: number,
): Promise<void> {
  const update = database.prepare<[number, string, number]>(
    'UPDATE attempts SET cost_nano_usd = ? WHERE request_id = ? AND ordinal = ?',
  )
  let before = 0
  let spread = 0
  const changes: [number, string, number][] = []
  for (const { requestId, ordinal, tokens, costNanoUsd } of attempts) {
    before += tokens
    const reached = all === 0 ? 0 : Math.round(nanoUsd * (before / all))
    if (reached - spread !== costNanoUsd) changes.push([reached - spread, requestId, ordinal])
    spread = reached
  }
  const write = database.transaction((some: readonly [number, string, number][]) => {
    for (const change of some) update.run(...change)
  })
  for (let from = 0; from < changes.length; from += BATCH) {
    write.immediate(changes.slice(from, from + BATCH))
    await turn()
  }
}

/** How much time spans cover together, in milliseconds. */
function covered(spans: [number, number][]): number {
  spans.sort(([one], [other]) => one - other)
  let sum = 0
  let reached = Number.NEGATIVE_INFINITY
  for (const [since, until] of spans) {
    sum += Math.max(0, until - Math.max(since, reached))
    reached = Math.max(reached, until)
  }
  return sum
}

function turn(): Promise<void> {
  return new Promise((resume) => setImmediate(resume))
}
