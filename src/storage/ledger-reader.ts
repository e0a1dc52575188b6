/** Reads the ledger on SQLite: reports, the latest requests, one request whole. */
import type Database from 'better-sqlite3'
import type { LedgerReader } from '../metering/reports.ts'
import { requestIdBound } from '../metering/request-id.ts'
import { ledgerReport } from './ledger-report.ts'
import { type AttemptRow, type RequestRow, storedRequest } from './request-rows.ts'
import { rollupLabelReader } from './rollups.ts'
import { requestDetail, requestSummary } from './stored-request.ts'

/** Reads on a connection of its own: it stays busy over many turns of the event loop. */
export function sqliteLedgerReader(database: Database.Database): LedgerReader {
  const latest = database.prepare<[string, number], RequestRow>(
    'SELECT * FROM requests WHERE id >= ? ORDER BY id DESC LIMIT ?',
  )
  const byId = database.prepare<[string], RequestRow>('SELECT * FROM requests WHERE id = ?')
  const attemptsOf = database.prepare<[string], AttemptRow>(
    'SELECT * FROM attempts WHERE request_id = ? ORDER BY ordinal',
  )
  const labelsOf = rollupLabelReader(database)
  const stored = (row: RequestRow) => storedRequest(row, attemptsOf.all(row.id))
  return {
    report: (query) => ledgerReport(database, labelsOf, query),
    requests: async ({ since, limit }) =>
      latest.all(requestIdBound(since), limit).map((row) => requestSummary(stored(row))),
    request: async (id) => {
      const row = byId.get(id)
      return row === undefined ? undefined : requestDetail(stored(row))
    },
  }
}
