/** Settles what processes that are gone left open. */
import type Database from 'better-sqlite3'
import { isDead, type Observer } from '../metering/instance.ts'
import { noTokens, type Tokens } from '../metering/tokens.ts'
import { BudgetStatements } from './budget-statements.ts'
import { listInstances, type RegisteredInstance } from './instances.ts'

/** Prices an attempt that a crash cut; undefined where the price is unknown. */
export type EstimatePrice = (
  provider: string,
  model: string,
  tokens: Tokens,
  at: number,
) => { costNanoUsd: number; priceVersion: string } | undefined

export interface Settled {
  requests: number
  attempts: number
}

interface OpenAttempt {
  requestId: string
  ordinal: number
  provider: string
  model: string
  startedAt: number
  estimatedInputTokens: number
  reservations: string | null
}

/** Rows looked at in one turn: about a millisecond, and a few where all are open, so that others hardly notice. */
const ROWS_A_TURN = 500
/** The newest rows in which `findStrays` looks, so that a start takes as long for a large ledger as for a small one. */
const STRAY_ROWS = 20_000

/**
 * Settles the open rows of processes that are gone as `interrupted`, with an estimate of their input.
 * Rows of living processes are untouched, and where nobody is gone no lock is taken. Several processes may do it at
 * once. Other work gets its turn meanwhile.
 * @throws SqliteError `SQLITE_BUSY` where another process holds the lock: try again later.
 */
export async function settleDeadInstances(
  database: Database.Database,
  observer: Observer,
  price: EstimatePrice,
): Promise<Settled> {
  const dead = listInstances(database).filter((instance) => isDead(instance, observer))
  return settleEach(database, dead, price)
}

/**
 * As `settleDeadInstances`, for the newest rows of processes that are not in the table any more, which should not be:
 * a process enters itself again together with its first rows after it was taken for dead.
 */
export async function settleStrays(
  database: Database.Database,
  observer: Observer,
  price: EstimatePrice,
): Promise<Settled> {
  return settleEach(database, findStrays(database, observer), price)
}

function findStrays(database: Database.Database, observer: Observer): readonly RegisteredInstance[] {
  const strays = database
    .prepare(`
      SELECT instance AS id, min(id) AS oldestOpen
      FROM (SELECT id, instance, status FROM requests ORDER BY rowid DESC LIMIT ${STRAY_ROWS})
      WHERE status IS NULL AND instance <> ? AND instance NOT IN (SELECT id FROM instances)
      GROUP BY instance`)
    .all(observer.id) as { id: number; oldestOpen: string }[]
  return strays.map((stray) => ({ ...stray, host: '', pid: 0, seenAt: observer.now }))
}

async function settleEach(
  database: Database.Database,
  dead: readonly RegisteredInstance[],
  price: EstimatePrice,
): Promise<Settled> {
  const total: Settled = { requests: 0, attempts: 0 }
  for (const instance of dead) {
    let from: string | undefined = instance.oldestOpen
    while (from !== undefined) {
      const until = idAfter(database, from)
      const { requests, attempts } = settleSpan(database, { instance, from, until }, price)
      total.requests += requests
      total.attempts += attempts
      from = until
      if (from !== undefined) await new Promise((resume) => setImmediate(resume))
    }
    removeDead(database, instance)
  }
  return total
}

/** Ids from one on, without the other; undefined for the end of the table. */
interface Span {
  instance: RegisteredInstance
  from: string
  until: string | undefined
}

/** The id that lies a turn's rows further on; undefined where the table ends before. */
function idAfter(database: Database.Database, from: string): string | undefined {
  return database
    .prepare<[string], string>(
      `SELECT id FROM requests WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ${ROWS_A_TURN}`,
    )
    .pluck()
    .get(from)
}

/** Looks without the lock, and takes it where there is something to settle. */
function settleSpan(
  database: Database.Database,
  { instance, from, until }: Span,
  price: EstimatePrice,
): Settled {
  const open = database
    .prepare<[string, string, number], string>(
      'SELECT id FROM requests WHERE id >= ? AND id < ? AND status IS NULL AND instance = ?',
    )
    .pluck()
    .all(from, until ?? AFTER_ALL, instance.id)
  const settled: Settled = { requests: 0, attempts: 0 }
  if (open.length === 0) return settled
  const settle = database.transaction(() => {
    if (gaveASign(database, instance)) return
    settled.attempts = settleAttempts(database, JSON.stringify(open), instance.seenAt, price)
    settled.requests = settleRequests(database, JSON.stringify(open), instance.seenAt)
  })
  settle.immediate()
  return settled
}

/** Above every request id. */
const AFTER_ALL = '~'

/** Asked under the write lock: a process taken for dead may go on. */
function gaveASign(database: Database.Database, { id, seenAt }: RegisteredInstance): boolean {
  return (
    database.prepare('SELECT 1 FROM instances WHERE id = ? AND seen_at <> ?').get(id, seenAt) !== undefined
  )
}

/** Unless it gave a sign of life meanwhile: then it may have opened more. */
function removeDead(database: Database.Database, { id, seenAt }: RegisteredInstance): void {
  database.prepare('DELETE FROM instances WHERE id = ? AND seen_at = ?').run(id, seenAt)
}

function settleAttempts(
  database: Database.Database,
  requestIds: string,
  seenAt: number,
  price: EstimatePrice,
): number {
  const open = database
    .prepare(`
      SELECT request_id AS requestId, ordinal, provider, model, started_at AS startedAt,
        estimated_input_tokens AS estimatedInputTokens, reservations
      FROM requests r JOIN attempts a ON a.request_id = r.id
      WHERE r.id IN (SELECT value FROM json_each(?)) AND r.status IS NULL AND a.outcome IS NULL`)
    .all(requestIds) as OpenAttempt[]
  const settle = database.prepare(`
    UPDATE attempts SET outcome = 'interrupted', usage = 'estimated', input_tokens = ?, cost_nano_usd = ?,
      price_version = ?, total_ms = ?
    WHERE request_id = ? AND ordinal = ?`)
  const budgets = new BudgetStatements(database)
  for (const attempt of open) {
    const tokens = { ...noTokens(), input: attempt.estimatedInputTokens }
    const cost = price(attempt.provider, attempt.model, tokens, attempt.startedAt)
    if (attempt.reservations !== null) {
      budgets.settleKept(attempt.requestId, attempt.ordinal, attempt.reservations, cost?.costNanoUsd)
    }
    settle.run(
      attempt.estimatedInputTokens,
      cost?.costNanoUsd,
      cost?.priceVersion,
      // It lived at least until its process was last seen; when it ended nobody knows.
      Math.max(0, seenAt - attempt.startedAt),
      attempt.requestId,
      attempt.ordinal,
    )
  }
  return open.length
}

function settleRequests(database: Database.Database, requestIds: string, seenAt: number): number {
  return database
    .prepare(`
      UPDATE requests SET status = 500, error = 'interrupted', cache = 'miss', total_ms = max(0, ? - at),
        tier = (SELECT tier FROM attempts WHERE request_id = requests.id ORDER BY ordinal DESC LIMIT 1)
      WHERE id IN (SELECT value FROM json_each(?)) AND status IS NULL`)
    .run(seenAt, requestIds).changes
}
