/** A report from the rollups of whole hours, and from the requests' own rows for everything else. */
import type Database from 'better-sqlite3'
import type { Report, ReportQuery } from '../metering/reports.ts'
import { ColumnSpan } from './column-span.ts'
import { LabelRoutes } from './label-routes.ts'
import { type Period, scanRequests } from './ledger-scan.ts'
import { localTimes } from './local-time.ts'
import { isTimeDimension, ReportBuilder } from './report-builder.ts'
import { RollupSpan } from './rollup-span.ts'
import { wordReader } from './rollup-words.ts'
import { HOUR_MS, rollupLabelReader } from './rollups.ts'

/** What of an hour a report reads; the rest is null. */
interface HourRow {
  raw: 0 | 1
  cells: Uint8Array | null
  parts: Uint8Array | null
  columns: Uint8Array | null
  column_parts: Uint8Array | null
}

/** The last quarter: zones change their offset, and lie beside UTC, by whole quarters. */
const LAST_QUARTER_MS = 45 * 60 * 1000
/** Other work of the thread gets its turn after as many. */
const HOURS_A_TURN = 32

/** @throws Failure `invalid_request` for an unknown dimension, RangeError for an unknown time zone */
export async function ledgerReport(database: Database.Database, query: ReportQuery): Promise<Report> {
  const builder = new ReportBuilder(query)
  for (const period of await addRollups(database, query, builder)) {
    await scanRequests(database, period, query.by, (request) => builder.add(request))
  }
  return builder.finish()
}

/** @returns what the rollups left out. */
async function addRollups(
  database: Database.Database,
  query: ReportQuery,
  builder: ReportBuilder,
): Promise<readonly Period[]> {
  const addHour = hourAdder(database, query, builder)
  const left: Period[] = []
  let reached = query.since
  const hours = database
    .prepare<[number, number], number>('SELECT hour FROM rollups WHERE hour >= ? AND hour < ? ORDER BY hour')
    .pluck()
    .all(query.since, query.until)
  for (const [index, hour] of hours.entries()) {
    if (!addHour.add(hour)) continue
    if (hour > reached) left.push({ since: reached, until: hour })
    reached = hour + HOUR_MS
    if ((index + 1) % HOURS_A_TURN === 0) await new Promise((resume) => setImmediate(resume))
  }
  addHour.end()
  if (query.until > reached) left.push({ since: reached, until: query.until })
  return left
}

/** `add` says whether the hour is told by its rollup; one that has no rows any more always is. */
function hourAdder(
  database: Database.Database,
  query: ReportQuery,
  builder: ReportBuilder,
): { add: (hour: number) => boolean; end: () => void } {
  const { by, until } = query
  const timeOf = timesTold(query)
  const hasUnbounded = by.some((dimension) => dimension === 'user' || dimension.startsWith('tag:'))
  const answers = (hour: number): boolean =>
    !hasUnbounded && timeOf(hour) === timeOf(hour + LAST_QUARTER_MS)
  const routes = new LabelRoutes(by, rollupLabelReader(database))
  const cells = new RollupSpan(builder, routes, by.includes('part'), timeOf)
  const columns = new ColumnSpan(query, builder, routes, wordReader(database), timeOf)
  const parts = (column: string): string => (by.includes('part') ? column : 'NULL')
  // One read an hour, so that an hour which is summed up again, or loses its rows meanwhile, counts once.
  const sums = database.prepare<[number], HourRow>(
    `SELECT raw, cells, ${parts('parts')} AS parts, NULL AS columns, NULL AS column_parts FROM rollups WHERE hour = ?`,
  )
  const own = database.prepare<[number], HourRow>(
    `SELECT raw, CASE raw WHEN 0 THEN cells END AS cells, CASE raw WHEN 0 THEN ${parts('parts')} END AS parts,
      columns, ${parts('column_parts')} AS column_parts FROM rollups WHERE hour = ?`,
  )
  return {
    add(hour) {
      const row = (answers(hour) ? sums : own).get(hour)
      if (row === undefined || (row.raw === 1 && hour + HOUR_MS > until)) return false
      if (row.cells !== null) {
        cells.add(hour, row.cells, row.parts)
        return true
      }
      return row.columns !== null && columns.add(hour, row.columns, row.column_parts)
    },
    end() {
      cells.end()
      columns.end()
    },
  }
}

/** Tells apart what lies in different rows of a report by time. */
function timesTold({ by, timeZone }: ReportQuery): (at: number) => string {
  const times = by.filter(isTimeDimension)
  if (times.length === 0) return () => ''
  const localTime = localTimes(timeZone)
  return (at) => {
    const time = localTime(at)
    return times.length === 1 ? time[times[0] ?? 'hour'] : times.map((one) => time[one]).join()
  }
}
