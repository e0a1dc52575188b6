/** How the requests of each row of a report lie in its time, for people at a terminal. */
import type { LedgerReader, Report, ReportDimension, ReportQuery, ReportRow } from '../metering/reports.ts'
import { localTimes } from '../storage/local-time.ts'
import { sparkline } from './sparkline.ts'

type Unit = 'hour' | 'day' | 'month'

export interface Trend {
  unit: Unit
  /** A line of blocks, one a unit, from the first that has a request. */
  ofRow: (row: ReportRow) => string
  ofTotals: string
}

const HOUR_MS = 3_600_000
/** Longer times are told by the next unit, so that a line stays short. */
const LONGEST_MS: Readonly<Record<'hour' | 'day', number>> = { hour: 36 * HOUR_MS, day: 45 * 24 * HOUR_MS }

/** Short enough to meet each of them. */
const STEP_MS: Readonly<Record<Unit, number>> = { hour: HOUR_MS, day: 12 * HOUR_MS, month: 120 * HOUR_MS }

/** Undefined where the rows are times themselves. */
export async function reportTrend(reader: LedgerReader, query: ReportQuery): Promise<Trend | undefined> {
  if (query.by.some((dimension) => ['hour', 'day', 'month'].includes(dimension))) return undefined
  const unit = unitFor(query.until - query.since)
  const whole = await reader.report({ ...query, by: [unit] })
  const total = countsByRow(whole, [], unit)
  const times = timesOf(query, unit, whole.rows[0]?.[unit] ?? '')
  const parts = query.by.length === 0 ? whole : await reader.report({ ...query, by: [...query.by, unit] })
  const counts = countsByRow(parts, query.by, unit)
  return {
    unit,
    ofRow: (row) => sparkline(times.map((time) => counts.get(keyOf(row, query.by, time)) ?? 0)),
    ofTotals: sparkline(times.map((time) => total.get(JSON.stringify([time])) ?? 0)),
  }
}

function unitFor(spanMs: number): Unit {
  if (spanMs <= LONGEST_MS.hour) return 'hour'
  return spanMs <= LONGEST_MS.day ? 'day' : 'month'
}

/** Every hour, day or month of the period from `first` on, also those without a request. */
function timesOf({ since, until, timeZone }: ReportQuery, unit: Unit, first: string): readonly string[] {
  const localTime = localTimes(timeZone)
  const times = new Set<string>()
  for (let at = since; at < until; at += STEP_MS[unit]) times.add(localTime(at)[unit])
  times.add(localTime(until - 1)[unit])
  const all = [...times]
  return all.slice(Math.max(0, all.indexOf(first)))
}

function countsByRow(
  report: Report,
  by: readonly ReportDimension[],
  unit: Unit,
): ReadonlyMap<string, number> {
  return new Map(report.rows.map((row) => [keyOf(row, by, row[unit] ?? ''), row.requests]))
}

function keyOf(row: ReportRow, by: readonly ReportDimension[], time: string): string {
  return JSON.stringify([...by.map((dimension) => row[dimension] ?? null), time])
}
