/** What the ledger tells of how prompts repeat each other, for the rows of a report. */
import type Database from 'better-sqlite3'
import type { ChangingKind } from '../metering/prefix/changing.ts'
import type { DivergencePlace } from '../metering/prefix/divergence.ts'
import { divergenceWords } from '../metering/prefix/divergence-words.ts'
import {
  type DivergenceFigures,
  type PrefixFigures,
  tellsPrefixes,
} from '../metering/prefix/prefix-figures.ts'
import { type ReuseTimes, reuseTimes } from '../metering/prefix/reuse-times.ts'
import type { Report, ReportDimension, ReportFigures, ReportQuery, ReportRow } from '../metering/reports.ts'
import { INPUT_BUCKETS } from '../metering/tokens.ts'
import { hourOf } from './rollups.ts'

const NANO_USD = 1e9
/** The commonest, of each row. */
const MOST_DIVERGENCES = 5

interface HourSums {
  prompts: number
  compared: number
  priced: number
  missed_tokens: number
  missed_nano_usd: number
}

interface WarmedSums {
  refreshes: number
  cost: number
  found: number
  spared: number
}

interface PlaceSums {
  place: DivergencePlace
  message: number
  what: ChangingKind
  times: number
  characters: number
  movable_tokens: number
  movable_nano_usd: number
}

/** Whole hours: that in which the period begins is told whole. `by` holds PREFIX_DIMENSIONS alone. */
export function withPrefixes(database: Database.Database, query: ReportQuery, report: Report): Report {
  const figuresOf = prefixReader(database, query)
  return {
    ...report,
    rows: report.rows.map((row) => ({ ...row, prefix: figuresOf(row, row) })),
    totals: { ...report.totals, prefix: figuresOf(undefined, report.totals) },
  }
}

function prefixReader(database: Database.Database, query: ReportQuery) {
  const period = [hourOf(query.since), query.until]
  const read = <Row>(sql: string, { where, values }: Condition): Row[] =>
    database.prepare<unknown[], Row>(sql.replace('…', where)).all(...period, ...values)
  return (row: ReportRow | undefined, figures: ReportFigures): PrefixFigures => {
    const condition = conditionOf(query.by, row)
    const [sums] = read<HourSums>(HOURS, condition)
    const places = read<PlaceSums>(PLACES, condition)
    const reuse = reuseTimes(read<{ bound: number; times: number }>(REUSE, condition))
    const [warmed] = read<WarmedSums>(WARMED, condition)
    return { ...prefixFigures(figures, sums ?? NO_SUMS, places, reuse), keep_warm: keepWarmFigures(warmed) }
  }
}

const PERIOD = 'hour >= ? AND hour < ? …'
const HOURS = `SELECT coalesce(sum(prompts), 0) AS prompts, coalesce(sum(compared), 0) AS compared,
  coalesce(sum(priced), 0) AS priced, coalesce(sum(missed_tokens), 0) AS missed_tokens,
  coalesce(sum(missed_nano_usd), 0) AS missed_nano_usd FROM prefix_hours WHERE ${PERIOD}`
const PLACES = `SELECT place, message, what, sum(times) AS times, sum(characters) AS characters,
  sum(movable_tokens) AS movable_tokens, sum(movable_nano_usd) AS movable_nano_usd
  FROM prefix_places WHERE ${PERIOD} GROUP BY place, message, what, near ORDER BY times DESC, place, message`
const REUSE = `SELECT within_seconds AS bound, sum(times) AS times FROM prefix_reuse WHERE ${PERIOD} GROUP BY within_seconds`

const WARMED = `SELECT coalesce(sum(refreshes), 0) AS refreshes, coalesce(sum(cost_nano_usd), 0) AS cost,
  coalesce(sum(found), 0) AS found, coalesce(sum(spared_nano_usd), 0) AS spared FROM prefix_warmed WHERE ${PERIOD}`

const NO_SUMS: HourSums = { prompts: 0, compared: 0, priced: 0, missed_tokens: 0, missed_nano_usd: 0 }

interface Condition {
  where: string
  values: readonly (string | null | undefined)[]
}

function conditionOf(by: readonly ReportDimension[], row: ReportRow | undefined): Condition {
  if (row === undefined) return { where: '', values: [] }
  const dimensions = by.filter(tellsPrefixes)
  return {
    where: dimensions.map((dimension) => ` AND ${dimension} IS ?`).join(''),
    values: dimensions.map((dimension) => row[dimension]),
  }
}

function prefixFigures(
  { tokens, savings, cost_usd }: ReportFigures,
  sums: HourSums,
  places: readonly PlaceSums[],
  reuse: ReuseTimes,
): Omit<PrefixFigures, 'keep_warm'> {
  const input = INPUT_BUCKETS.reduce((sum, bucket) => sum + tokens[bucket], 0)
  const isPriced = sums.priced > 0
  return {
    hit_ratio: input === 0 ? null : tokens.cache_read / input,
    earned_usd: cost_usd === null ? null : (savings.prefix_discount ?? 0),
    missed_tokens: sums.missed_tokens,
    missed_usd: isPriced ? sums.missed_nano_usd / NANO_USD : null,
    prompts: sums.prompts,
    compared: sums.compared,
    diverges: places
      .slice(0, MOST_DIVERGENCES)
      .map((place) => divergenceFigures(place, sums.compared, isPriced)),
    reuse: {
      times: reuse.times,
      p50_s: reuse.quantile(0.5),
      p90_s: reuse.quantile(0.9),
      within_5m: reuse.within(300),
      within_30m: reuse.within(1800),
      within_1h: reuse.within(3600),
    },
  }
}

function divergenceFigures(sums: PlaceSums, compared: number, isPriced: boolean): DivergenceFigures {
  const { place, message, what, times } = sums
  const character = Math.round(sums.characters / times)
  const share = compared === 0 ? 0 : times / compared
  return {
    place,
    message: place === 'message' || place === 'conversation' ? message : null,
    character,
    what,
    prompts: times,
    share,
    movable_tokens: sums.movable_tokens,
    movable_usd: isPriced ? sums.movable_nano_usd / NANO_USD : null,
    told: divergenceWords({ place, message, character, what, share }),
  }
}

function keepWarmFigures(sums: WarmedSums | undefined): PrefixFigures['keep_warm'] {
  if (sums === undefined || sums.refreshes + sums.found === 0) return null
  const { refreshes, cost, found, spared } = sums
  return { refreshes, cost_usd: cost / NANO_USD, found, spared_usd: spared / NANO_USD }
}
