/** The processes that write the ledger, and the settlement of what a dead one left open. */
import type Database from 'better-sqlite3'
import { type Instance, isDead, type Observer } from '../metering/instance.ts'
import { noTokens, type Tokens } from '../metering/tokens.ts'

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
}

/** Rows a transaction: about a millisecond, so that the loop and other writers hardly notice. */
const ROWS_AT_ONCE = 200

/** Enters this process into the ledger. @returns the number its rows carry. */
export function registerInstance(
  database: Database.Database,
  process: { host: string; pid: number },
  now: number,
): number {
  const { lastInsertRowid } = database
    .prepare('INSERT INTO instances (host, pid, started_at, seen_at) VALUES (?, ?, ?, ?)')
    .run(process.host, process.pid, now, now)
  return Number(lastInsertRowid)
}

/** Prepares the sign of life of one process; it enters the process again where another took it for dead. */
export function heartbeat(
  database: Database.Database,
  self: { id: number; host: string; pid: number },
): (now: number) => void {
  const statement = database.prepare(`
    INSERT INTO instances (id, host, pid, started_at, seen_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`)
  return (now) => {
    statement.run(self.id, self.host, self.pid, now, now)
  }
}

/** Takes a process that stops out of the ledger; what it left open is then settled by the next one. */
export function retireInstance(database: Database.Database, id: number): void {
  database.prepare('DELETE FROM instances WHERE id = ?').run(id)
}

/**
 * Settles the open rows of processes that are gone as `interrupted`, with an estimate of their input.
 * Rows of living processes are untouched. Several processes may do it at once.
 * @throws SqliteError `SQLITE_BUSY` where another process holds the lock: try again later.
 */
export function settleDeadInstances(
  database: Database.Database,
  observer: Observer,
  price: EstimatePrice,
): Settled {
  const total: Settled = { requests: 0, attempts: 0 }
  if (!someoneIsGone(database, observer)) return total
  const step = database.transaction(() => settleSome(database, observer, price))
  for (;;) {
    const { requests, attempts } = step.immediate()
    total.requests += requests
    total.attempts += attempts
    if (requests < ROWS_AT_ONCE && attempts < ROWS_AT_ONCE) return total
  }
}

/** Reads only, so that looking every few seconds takes no lock. */
function someoneIsGone(database: Database.Database, observer: Observer): boolean {
  const living = new Set(livingOf(listInstances(database), observer))
  if (listInstances(database).some((instance) => !living.has(instance.id))) return true
  const writers = database
    .prepare('SELECT DISTINCT instance FROM requests INDEXED BY requests_open WHERE status IS NULL')
    .pluck()
    .all() as number[]
  return writers.some((writer) => !living.has(writer))
}

/** Asked under the write lock: a process that registered meanwhile is among the living. */
function settleSome(database: Database.Database, observer: Observer, price: EstimatePrice): Settled {
  const known = listInstances(database)
  const living = livingOf(known, observer)
  const list = JSON.stringify(living)
  const seenAt = new Map(known.map((instance) => [instance.id, instance.seenAt]))
  const attempts = settleAttempts(database, list, seenAt, observer, price)
  const requests = settleRequests(database, list, observer)
  if (requests < ROWS_AT_ONCE && attempts < ROWS_AT_ONCE) {
    database.prepare('DELETE FROM instances WHERE id NOT IN (SELECT value FROM json_each(?))').run(list)
  }
  return { requests, attempts }
}

function settleAttempts(
  database: Database.Database,
  living: string,
  seenAt: ReadonlyMap<number, number>,
  observer: Observer,
  price: EstimatePrice,
): number {
  const open = database
    .prepare(`
      SELECT request_id AS requestId, ordinal, a.instance, provider, model, started_at AS startedAt,
        estimated_input_tokens AS estimatedInputTokens
      FROM requests r INDEXED BY requests_open JOIN attempts a ON a.request_id = r.id
      WHERE r.status IS NULL AND a.outcome IS NULL AND r.instance NOT IN (SELECT value FROM json_each(?))
      LIMIT ${ROWS_AT_ONCE}`)
    .all(living) as (OpenAttempt & { instance: number })[]
  const settle = database.prepare(`
    UPDATE attempts SET outcome = 'interrupted', usage = 'estimated', input_tokens = ?, cost_nano_usd = ?,
      price_version = ?, total_ms = ?
    WHERE request_id = ? AND ordinal = ?`)
  for (const attempt of open) {
    const tokens = { ...noTokens(), input: attempt.estimatedInputTokens }
    const cost = price(attempt.provider, attempt.model, tokens, attempt.startedAt)
    const lastSeen = seenAt.get(attempt.instance) ?? observer.now
    settle.run(
      attempt.estimatedInputTokens,
      cost?.costNanoUsd,
      cost?.priceVersion,
      // It lived at least until its process was last seen; when it ended nobody knows.
      Math.max(0, lastSeen - attempt.startedAt),
      attempt.requestId,
      attempt.ordinal,
    )
  }
  return open.length
}

function settleRequests(database: Database.Database, living: string, observer: Observer): number {
  return database
    .prepare(`
      UPDATE requests SET status = 500, error = 'interrupted', cache = 'miss', total_ms = max(0, coalesce(
          (SELECT seen_at FROM instances WHERE instances.id = requests.instance), ?) - at),
        tier = (SELECT tier FROM attempts WHERE request_id = requests.id ORDER BY ordinal DESC LIMIT 1)
      WHERE rowid IN (
        SELECT rowid FROM requests INDEXED BY requests_open
        WHERE status IS NULL AND instance NOT IN (SELECT value FROM json_each(?)) LIMIT ${ROWS_AT_ONCE})`)
    .run(observer.now, living).changes
}

function listInstances(database: Database.Database): readonly Instance[] {
  return database.prepare('SELECT id, host, pid, seen_at AS seenAt FROM instances').all() as Instance[]
}

function livingOf(instances: readonly Instance[], observer: Observer): readonly number[] {
  const living = instances.filter((instance) => !isDead(instance, observer)).map((instance) => instance.id)
  // A process never settles its own rows, also where another one took it out of the table.
  return [...new Set([...living, observer.id])]
}
