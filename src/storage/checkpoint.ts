/** Moves the write-ahead log into the database file, and syncs it, so that a power cut loses a second at most. */
import type Database from 'better-sqlite3'

/** Beyond it writers wait a moment, so that the log starts over in the file it has. */
const RESTART_BYTES = 16 * 2 ** 20
/** Only a long read makes a log that large; the file gives its space back. */
const TRUNCATE_BYTES = 256 * 2 ** 20

/**
 * Copies what it can without stopping anyone; almost nothing is left where writers must wait. A log that starts over in
 * place costs writers less than one that grows again, because its pages need no clearing.
 * @returns `held` where a reader keeps a long log from starting over: it is tried again next time.
 */
export function checkpoint(database: Database.Database): 'copied' | 'started over' | 'held' {
  const pageBytes = database.pragma('page_size', { simple: true }) as number
  const bytes = checkpointBy(database, 'PASSIVE').log * pageBytes
  if (bytes <= RESTART_BYTES) return 'copied'
  const patience = database.pragma('busy_timeout', { simple: true })
  // While it waited for a reader it would hold the writers' lock: a report must not stop the requests.
  database.pragma('busy_timeout = 0')
  try {
    const { busy } = checkpointBy(database, bytes > TRUNCATE_BYTES ? 'TRUNCATE' : 'RESTART')
    return busy === 0 ? 'started over' : 'held'
  } finally {
    database.pragma(`busy_timeout = ${patience}`)
  }
}

function checkpointBy(
  database: Database.Database,
  mode: 'PASSIVE' | 'RESTART' | 'TRUNCATE',
): { busy: number; log: number } {
  const [state] = database.pragma(`wal_checkpoint(${mode})`) as { busy: number; log: number }[]
  return state ?? { busy: 0, log: 0 }
}
