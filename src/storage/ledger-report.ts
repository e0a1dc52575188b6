/** A report from the rollups of whole hours, and from the requests' own rows for everything else. */
import type Database from 'better-sqlite3'
import type { Report, ReportDimension, ReportQuery } from '../metering/reports.ts'
import { type Period, scanRequests } from './ledger-scan.ts'
import { localTimes } from './local-time.ts'
import { isTimeDimension, ReportBuilder } from './report-builder.ts'
import { RollupSpan } from './rollup-span.ts'
import { HOUR_MS, type RollupRow, rollupLabelReader } from './rollups.ts'

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
  const span = new RollupSpan(query, builder, rollupLabelReader(database))
  const isAnswer = answersFor(query)
  const left: Period[] = []
  let reached = query.since
  let hours = 0
  // One read for all, so that an hour which is rolled up again meanwhile counts once.
  const rows = database
    .prepare<[number, number], RollupRow>(
      'SELECT hour, raw, cells FROM rollups WHERE hour >= ? AND hour < ? ORDER BY hour',
    )
    .iterate(query.since, query.until)
  for (const { hour, raw, cells } of rows) {
    if (raw === 1 && !isAnswer(hour)) continue
    if (hour > reached) left.push({ since: reached, until: hour })
    span.add(hour, cells)
    reached = hour + HOUR_MS
    if (++hours % HOURS_A_TURN === 0) await new Promise((resume) => setImmediate(resume))
  }
  span.end()
  if (query.until > reached) left.push({ since: reached, until: query.until })
  return left
}

/** Whether an hour that has its rows still is told as well by its rollup. One without them always is. */
function answersFor({ by, until, timeZone }: ReportQuery): (hour: number) => boolean {
  if (by.some((dimension) => dimension === 'user' || dimension.startsWith('tag:'))) return () => false
  const times = by.filter(isTimeDimension)
  if (times.length === 0) return (hour) => hour + HOUR_MS <= until
  const localTime = localTimes(timeZone)
  return (hour) => hour + HOUR_MS <= until && isOne(localTime, times, hour)
}

/** False for the hour in which a zone half an hour off begins its day, or each of its hours. */
function isOne(
  localTime: ReturnType<typeof localTimes>,
  times: readonly Extract<ReportDimension, 'hour' | 'day' | 'month'>[],
  hour: number,
): boolean {
  const first = localTime(hour)
  const last = localTime(hour + LAST_QUARTER_MS)
  return times.every((time) => first[time] === last[time])
}
