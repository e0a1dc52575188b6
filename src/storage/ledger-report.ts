/** A report from the rollups of whole hours, and from the requests' own rows for everything else. */
import type Database from 'better-sqlite3'
import type { Report, ReportQuery } from '../metering/reports.ts'
import { type Period, scanRequests } from './ledger-scan.ts'
import { withPrefixes } from './prefix-figures.ts'
import { ReportBuilder } from './report-builder.ts'
import type { RollupLabels } from './rollup-cell.ts'
import { dayOf } from './rollup-days.ts'
import { HOUR_MS } from './rollups.ts'
import { standingFigures } from './standing-report.ts'
import { SummedHours } from './summed-hours.ts'

/** Other work of the thread gets its turn after as many. */
const DAYS_A_TURN = 2

/**
 * @param labelsOf see `rollupLabelReader`
 * @throws Failure `invalid_request` for an unknown dimension, RangeError for an unknown time zone
 */
export async function ledgerReport(
  database: Database.Database,
  labelsOf: (label: number) => RollupLabels,
  query: ReportQuery,
): Promise<Report> {
  const builder = new ReportBuilder(query)
  for (const period of await addRollups(database, labelsOf, query, builder)) {
    await scanRequests(database, period, query.by, (request) => builder.add(request))
  }
  const standing = await standingFigures(database, query.since, query.until)
  const report = query.prefix === true ? withPrefixes(database, query, builder.finish()) : builder.finish()
  return standing.length === 0 ? report : { ...report, standing }
}

/** @returns what the rollups left out. */
async function addRollups(
  database: Database.Database,
  labelsOf: (label: number) => RollupLabels,
  query: ReportQuery,
  builder: ReportBuilder,
): Promise<readonly Period[]> {
  const summed = new SummedHours(database, labelsOf, query, builder)
  const left: Period[] = []
  let reached = query.since
  const tell = (hour: number): void => {
    if (hour > reached) left.push({ since: reached, until: hour })
    reached = hour + HOUR_MS
  }
  for (const [index, hours] of byDay(hoursBetween(database, query)).entries()) {
    if (summed.addDay(hours)) for (const hour of hours) tell(hour)
    else for (const hour of hours) if (summed.addHour(hour)) tell(hour)
    if (index % DAYS_A_TURN === 0) await new Promise((resume) => setImmediate(resume))
  }
  summed.end()
  if (query.until > reached) left.push({ since: reached, until: query.until })
  return left
}

function hoursBetween(database: Database.Database, { since, until }: ReportQuery): readonly number[] {
  return database
    .prepare<[number, number], number>('SELECT hour FROM rollups WHERE hour >= ? AND hour < ? ORDER BY hour')
    .pluck()
    .all(since, until)
}

function byDay(hours: readonly number[]): readonly (readonly number[])[] {
  const days = new Map<number, number[]>()
  for (const hour of hours) {
    const day = days.get(dayOf(hour)) ?? []
    day.push(hour)
    days.set(dayOf(hour), day)
  }
  return [...days.values()]
}
