/** Opens `ledger.db`, once for each way it is used. */
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Failure } from '../../errors.ts'

/** Starting up may wait for another process's migration; serving may not, see `neverWait`. */
const STARTUP_WAIT_MS = 10_000
/** The thread and the commands may wait: they hold up no request. */
const PATIENT_WAIT_MS = 2000
/** The longest that a locked database may hold up the event loop before an asynchronous retry. */
const SERVING_WAIT_MS = 1
const DEFAULT_PAGE_BYTES = 4096
/** A commit writes whole pages, and the rows of a request fill less than one. */
export const LEDGER_PAGE_BYTES = 2048

/**
 * Opens for writing, and makes the file where there is none.
 * @throws Failure `ledger_unavailable` where the file cannot be opened or is no database.
 */
export function openForWriting(path: string, pageBytes: number = DEFAULT_PAGE_BYTES): Database.Database {
  return orFailure(path, () => {
    const database = new Database(path, { timeout: STARTUP_WAIT_MS })
    // Counts for a new file only.
    database.pragma(`page_size = ${pageBytes}`)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    // A checkpoint syncs, which takes milliseconds: the thread makes them, not the connection that serves.
    database.pragma('wal_autocheckpoint = 0')
    return database
  })
}

/**
 * From here on each commit of this connection is on the disk when it returns: `power`. Else it is handed to the system,
 * which keeps it through the end of the process, and the thread's next checkpoint puts it on the disk.
 */
export function commitDurably(database: Database.Database, durability: 'process' | 'power'): void {
  database.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
}

/** From here on this connection gives up on a lock nearly at once. */
export function neverWait(database: Database.Database): void {
  database.pragma(`busy_timeout = ${SERVING_WAIT_MS}`)
}

export function waitPatiently(database: Database.Database): void {
  database.pragma(`busy_timeout = ${PATIENT_WAIT_MS}`)
}

/** @throws Failure `ledger_unavailable` where there is no ledger. */
export function openForReading(path: string): Database.Database {
  if (!existsSync(path)) {
    throw new Failure(
      'ledger_unavailable',
      `There is no ledger at ${path}: start trimtab on this data folder first, or name another one with --data.`,
    )
  }
  return orFailure(path, () => {
    const database = new Database(path, { readonly: true, fileMustExist: true, timeout: PATIENT_WAIT_MS })
    // Opening is lazy: only a read shows whether the file is a database.
    database.pragma('schema_version')
    return database
  })
}

function orFailure(path: string, open: () => Database.Database): Database.Database {
  try {
    return open()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure(
      'ledger_unavailable',
      `The ledger ${path} cannot be opened (${reason}): check that its folder exists and may be written, or name another one with --data.`,
      { cause: error },
    )
  }
}
