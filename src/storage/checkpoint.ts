/** Moves the write-ahead log into the database file, and syncs it, so that a power cut loses a second at most. */
import type Database from 'better-sqlite3'

/** 16 MiB of 2 KiB pages: beyond it writers wait a moment, so that the log starts over in the file it has. */
const RESTART_PAGES = 8192
/** 256 MiB: only a long read makes a log that large; the file gives its space back. */
const TRUNCATE_PAGES = 131_072

/**
 * Copies what it can without stopping anyone; almost nothing is left where writers must wait. A log that starts over in
 * place costs writers less than one that grows again, because its pages need no clearing.
 * @returns `held` where a reader keeps a long log from starting over: it is tried again next time.
 */
export function checkpoint(database: Database.Database): 'copied' | 'started over' | 'held' {
  const pages = checkpointBy(database, 'PASSIVE').log
  if (pages <= RESTART_PAGES) return 'copied'
  const patience = database.pragma('busy_timeout', { simple: true })
  // While it waited for a reader it would hold the writers' lock: a report must not stop the requests.
  database.pragma('busy_timeout = 0')
  try {
    const { busy } = checkpointBy(database, pages > TRUNCATE_PAGES ? 'TRUNCATE' : 'RESTART')
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
