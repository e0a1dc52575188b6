/** What a report reads of hours that were summed up: the sums of days, those of hours, or the hours' requests as columns. */
import type Database from 'better-sqlite3'
import type { ReportQuery } from '../metering/reports.ts'
import { ColumnSpan } from './column-span.ts'
import { LabelRoutes } from './label-routes.ts'
import { localTimes } from './local-time.ts'
import { isTimeDimension, type ReportBuilder } from './report-builder.ts'
import type { RollupLabels } from './rollup-cell.ts'
import { DAY_MS, dayOf, hourBits } from './rollup-days.ts'
import { RollupSpan } from './rollup-span.ts'
import { wordReader } from './rollup-words.ts'
import { HOUR_MS } from './rollups.ts'

/** Zones change their offset, and lie beside UTC, by whole quarters. */
const QUARTER_MS = 15 * 60 * 1000

/** What is not read is null. */
interface Sums {
  cells: Uint8Array | null
  parts: Uint8Array | null
}

interface HourRow extends Sums {
  raw: 0 | 1
  columns: Uint8Array | null
  column_parts: Uint8Array | null
}

/** One read an hour or day, so that what is summed up again, or loses its rows meanwhile, counts once. */
export class SummedHours {
  readonly #query: ReportQuery
  readonly #timeOf: (at: number) => string
  readonly #hasUnbounded: boolean
  readonly #withParts: boolean
  readonly #sums: RollupSpan
  readonly #columns: ColumnSpan
  readonly #day: Database.Statement<[day: number, hours: number], Sums>
  readonly #hour: Database.Statement<[hour: number], HourRow>
  readonly #requests: Database.Statement<[hour: number], HourRow>

  constructor(
    database: Database.Database,
    labelsOf: (label: number) => RollupLabels,
    query: ReportQuery,
    builder: ReportBuilder,
  ) {
    this.#query = query
    this.#timeOf = timesTold(query)
    this.#hasUnbounded = query.by.some((dimension) => dimension === 'user' || dimension.startsWith('tag:'))
    const routes = new LabelRoutes(query.by, labelsOf)
    this.#withParts = query.by.includes('part')
    this.#sums = new RollupSpan(builder, routes, this.#withParts, this.#timeOf)
    this.#columns = new ColumnSpan(query, builder, routes, wordReader(database), this.#timeOf)
    const parts = (column: string): string => (this.#withParts ? column : 'NULL')
    this.#day = database.prepare(
      `SELECT cells, ${parts('parts')} AS parts FROM rollup_days WHERE day = ? AND hours = ?`,
    )
    this.#hour = database.prepare(
      `SELECT raw, cells, ${parts('parts')} AS parts, NULL AS columns, NULL AS column_parts
      FROM rollups WHERE hour = ?`,
    )
    this.#requests = database.prepare(
      `SELECT raw, CASE raw WHEN 0 THEN cells END AS cells, CASE raw WHEN 0 THEN ${parts('parts')} END AS parts,
        columns, ${parts('column_parts')} AS column_parts FROM rollups WHERE hour = ?`,
    )
  }

  /** @param hours all that one day has sums of @returns false where the report has to be told of each of them */
  addDay(hours: readonly number[]): boolean {
    const day = dayOf(hours[0] ?? 0)
    const { since, until } = this.#query
    if (day < since || day + DAY_MS > until || !this.#isOneRow(day, DAY_MS)) return false
    const { cells, parts } = this.#day.get(day, hourBits(hours)) ?? { cells: null, parts: null }
    // A day whose parts are not known throughout may have hours whose are.
    if (cells === null || (this.#withParts && parts === null)) return false
    this.#sums.add(day, cells, parts)
    return true
  }

  /** @returns false where only the rows of its requests tell of it. */
  addHour(hour: number): boolean {
    const row = (this.#isOneRow(hour, HOUR_MS) ? this.#hour : this.#requests).get(hour)
    // Of an hour that has no rows any more, its sums are all that is known.
    if (row === undefined || (row.raw === 1 && hour + HOUR_MS > this.#query.until)) return false
    const { cells, parts, columns } = row
    if (cells === null) return columns !== null && this.#columns.add(hour, columns, row.column_parts)
    this.#sums.add(hour, cells, parts)
    return true
  }

  /** To be called after the last hour. */
  end(): void {
    this.#sums.end()
    this.#columns.end()
  }

  /** False for the hour in which a zone half an hour off begins its day, or each of its hours. */
  #isOneRow(since: number, lengthMs: number): boolean {
    return !this.#hasUnbounded && this.#timeOf(since) === this.#timeOf(since + lengthMs - QUARTER_MS)
  }
}

/** Tells apart what lies in different rows of a report by time. */
function timesTold({ by, timeZone }: ReportQuery): (at: number) => string {
  const times = by.filter(isTimeDimension)
  if (times.length === 0) return () => ''
  const localTime = localTimes(timeZone)
  return (at) => {
    const time = localTime(at)
    return times.map((one) => time[one]).join()
  }
}
