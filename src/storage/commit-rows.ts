/** Commits rows together, and tells a locked or broken database from a row that no table takes. */
import Database from 'better-sqlite3'
import type { LedgerStatements, LedgerWrite } from './ledger-statements.ts'

export type CommitOutcome =
  | { kind: 'written' }
  /** Another process holds the lock. */
  | { kind: 'busy' }
  | { kind: 'broken'; error: Error }

/** As if the disk did not take it: what is written to a file that is not at its path any more is lost. */
export const DISPLACED: CommitOutcome = {
  kind: 'broken',
  error: new Error(
    'its file was deleted, moved or replaced: put it back, or restart trimtab to begin a new one',
  ),
}

/**
 * One row that no table takes must not hold up the others: it is left out, and `refused` is told why.
 * `now` is Unix milliseconds.
 */
export function commitRows(
  statements: LedgerStatements,
  writes: readonly LedgerWrite[],
  now: number,
  refused: (reason: string) => void,
): CommitOutcome {
  try {
    statements.commit(writes, now)
    return { kind: 'written' }
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error))
    if (hasCode(fault, 'SQLITE_BUSY')) return { kind: 'busy' }
    if (!isRowFault(fault)) return { kind: 'broken', error: fault }
    if (writes.length > 1) return commitOneByOne(statements, writes, now, refused)
    refused(fault.message)
    return { kind: 'written' }
  }
}

function commitOneByOne(
  statements: LedgerStatements,
  writes: readonly LedgerWrite[],
  now: number,
  refused: (reason: string) => void,
): CommitOutcome {
  for (const write of writes) {
    const outcome = commitRows(statements, [write], now, refused)
    // All are tried again then; writing a row twice changes nothing.
    if (outcome.kind !== 'written') return outcome
  }
  return { kind: 'written' }
}

/** The row's own fault, not the disk's. */
function isRowFault(error: Error): boolean {
  return !(error instanceof Database.SqliteError) || hasCode(error, 'SQLITE_CONSTRAINT')
}

function hasCode(error: Error, prefix: string): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith(prefix)
}
