/** Sums a copy of a ledger up by hour, as its thread does once hours are past, and reports from the sums alone. */
import Database from 'better-sqlite3'
import type { ReportDimension } from '../../src/metering/reports.ts'
import { sqliteLedgerReader } from '../../src/storage/ledger-reader.ts'
import { HOUR_MS, hoursToRollUp, rollUp } from '../../src/storage/rollups.ts'
import type { PrintedReport } from './check-report.ts'

/** @param file a backup, of which the requests' own rows are deleted */
export async function reportFromSums(file: string, by: readonly ReportDimension[]): Promise<PrintedReport> {
  const writing = new Database(file)
  const reading = new Database(file, { readonly: true })
  try {
    const end = Date.now() + HOUR_MS
    const hours = hoursToRollUp(reading, end)
    for (const hour of hours) {
      const outcome = await rollUp({ reading, writing }, hour, 'wait')
      if (outcome !== 'written') throw new Error(`an hour could not be summed up: ${outcome}`)
    }
    writing.exec('UPDATE rollups SET raw = 0; DELETE FROM attempts; DELETE FROM requests')
    const [first = 0] = hours
    const { report } = sqliteLedgerReader(reading)
    return (await report({ since: first, until: end + HOUR_MS, by, timeZone: 'UTC' })) as never
  } finally {
    reading.close()
    writing.close()
  }
}
