/** The table of the processes that write the ledger. */
import type Database from 'better-sqlite3'
import type { Instance } from '../metering/instance.ts'
import { requestIdBound } from '../metering/request-id.ts'

/** A process that writes the ledger; `id` is what its rows carry. */
export type ProcessIdentity = Pick<Instance, 'id' | 'host' | 'pid'>

/** An instance with the request id below which none of its requests is under way. */
export interface RegisteredInstance extends Instance {
  oldestOpen: string
}

/** Enters this process into the ledger, ahead of its first row. `now` is Unix milliseconds. */
export function registerInstance(
  database: Database.Database,
  process: { host: string; pid: number },
  now: number,
): ProcessIdentity {
  const { lastInsertRowid } = database
    .prepare('INSERT INTO instances (host, pid, started_at, seen_at, oldest_open) VALUES (?, ?, ?, ?, ?)')
    .run(process.host, process.pid, now, now, requestIdBound(now))
  return { id: Number(lastInsertRowid), ...process }
}

/** Prepares the sign of life of one process; it enters the process again where another took it for dead. */
export function heartbeat(database: Database.Database, self: ProcessIdentity): (now: number) => void {
  // Entered again it has no mark until the process writes one: '' is below every id.
  const statement = database.prepare(`
    INSERT INTO instances (id, host, pid, started_at, seen_at, oldest_open) VALUES (?, ?, ?, ?, ?, '')
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`)
  return (now) => {
    statement.run(self.id, self.host, self.pid, now, now)
  }
}

/** As `heartbeat`, for the connection that writes the rows: only it knows, commit by commit, what is under way. */
export function prepareMark(
  database: Database.Database,
  self: ProcessIdentity,
): (now: number, oldestOpen: string) => void {
  const statement = database.prepare(`
    INSERT INTO instances (id, host, pid, started_at, seen_at, oldest_open) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, oldest_open = excluded.oldest_open`)
  return (now, oldestOpen) => {
    statement.run(self.id, self.host, self.pid, now, now, oldestOpen)
  }
}

/** Takes a process that stops, and left nothing open, out of the ledger. */
export function retireInstance(database: Database.Database, id: number): void {
  database.prepare('DELETE FROM instances WHERE id = ?').run(id)
}

export function listInstances(database: Database.Database): readonly RegisteredInstance[] {
  return database
    .prepare('SELECT id, host, pid, seen_at AS seenAt, oldest_open AS oldestOpen FROM instances')
    .all() as RegisteredInstance[]
}
