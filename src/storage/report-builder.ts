/** Sums requests into the rows of a report, one request at a time; every adapter of the ledger feeds this one. */
import type { AttemptOutcome, CacheOutcome, ShadowMechanism } from '../metering/ledger.ts'
import type { Report, ReportDimension, ReportFigures, ReportQuery, ReportRow } from '../metering/reports.ts'
import type { SavingsNote } from '../metering/savings-note.ts'
import { INPUT_BUCKETS, type UsageSource } from '../metering/tokens.ts'
import { addSums } from './figure-sums.ts'
import { localTimes } from './local-time.ts'
import { type Mechanism, mechanismOf } from './mechanism.ts'
import type { ReportedParts } from './part-sums.ts'
import { ReportGroup } from './report-group.ts'
import { ROLLUP_DIMENSIONS, type RollupLabels, type RollupSums } from './rollup-cell.ts'

export interface ReportedAttempt {
  provider: string
  model: string
  /** Null while it is under way. */
  outcome: AttemptOutcome | null
  usage: UsageSource | null
  costNanoUsd: number | null
  /** Milliseconds. */
  totalMs: number | null
  /** In the order of TOKEN_BUCKETS. */
  tokens: readonly number[]
}

export interface ReportedRequest {
  at: number
  failed: boolean
  totalMs: number | null
  firstChunkMs: number | null
  /** Null while it is under way. */
  cache: CacheOutcome | null
  /** What it would have cost without anything that saves; null where that is unknown or makes no sense. */
  baselineNanoUsd: number | null
  savings?: SavingsNote | undefined
  /** The mechanism in shadow that would have answered. */
  shadow: ShadowMechanism | null
  shadowNanoUsd: number | null
  /** 1 where a model's own answer told that the semantic cache's is wrong, 0 where it agreed; null where nobody looked. */
  semanticWrong: number | null
  /** The request's own value of each dimension asked for, in their order; null where the builder finds it itself. */
  labels: readonly (string | null)[]
  attempts: readonly ReportedAttempt[]
  /** What their input consisted of; absent where nobody asked for it, or nobody knows. */
  parts?: ReportedParts | undefined
}

const TIME_DIMENSIONS = ['hour', 'day', 'month'] as const

/** Dimensions whose values the builder takes from the attempts, the time, what the cache did, and the input. */
const DERIVED_DIMENSIONS = ['model', 'provider', 'mechanism', 'part', ...TIME_DIMENSIONS] as const

type DerivedDimension = (typeof DERIVED_DIMENSIONS)[number]

export function isDerived(dimension: ReportDimension): dimension is DerivedDimension {
  return DERIVED_DIMENSIONS.some((derived) => derived === dimension)
}

export function isTargetDimension(dimension: ReportDimension): dimension is 'model' | 'provider' {
  return dimension === 'model' || dimension === 'provider'
}

export function isTimeDimension(dimension: ReportDimension): dimension is (typeof TIME_DIMENSIONS)[number] {
  return TIME_DIMENSIONS.some((time) => time === dimension)
}

/** What a group's labels are taken from. */
interface Grouped {
  at: number
  mechanism: Mechanism
  target: { provider: string; model: string } | undefined
  own: (dimension: ReportDimension, index: number) => string | null | undefined
}

const ROLLUP_PLACES: ReadonlyMap<string, number> = new Map(
  ROLLUP_DIMENSIONS.map((dimension, place) => [dimension, place]),
)

export class ReportBuilder {
  readonly #query: ReportQuery
  readonly #localTime: ReturnType<typeof localTimes>
  readonly #byAttempt: boolean
  readonly #groups = new Map<string, { labels: readonly (string | null)[]; group: ReportGroup }>()
  readonly #totals = new ReportGroup()

  /** @throws RangeError where the query's time zone is no IANA name. */
  constructor(query: ReportQuery) {
    this.#query = query
    this.#localTime = localTimes(query.timeZone)
    this.#byAttempt = query.by.some(isTargetDimension)
  }

  add(request: ReportedRequest): void {
    this.#totals.addRequest(request)
    for (const attempt of request.attempts) this.#totals.addAttempt(request, attempt)
    if (this.#query.by.length === 0) return
    const grouped = (target: ReportedAttempt | undefined): Grouped => ({
      at: request.at,
      mechanism: mechanismOf(request.cache),
      target,
      own: (_, index) => request.labels[index],
    })
    if (!this.#byAttempt || request.attempts.length === 0) {
      const group = this.#groupOf(grouped(undefined))
      group.addRequest(request)
      for (const attempt of request.attempts) group.addAttempt(request, attempt)
      return
    }
    // Each attempt counts in its own model's row alone; the request counts once in each of those rows.
    for (const attempt of request.attempts) {
      const group = this.#groupOf(grouped(attempt))
      group.addRequest(request)
      group.addAttempt(request, attempt)
    }
  }

  /**
   * The sums of the row that requests of such labels, at that time, count in; `target` is what they tried, `others` are
   * their values of dimensions that labels don't tell. Undefined where a report has totals alone.
   */
  rollupOf(
    at: number,
    labels: RollupLabels,
    target: RollupLabels['targets'][number] | undefined,
    others?: ReadonlyMap<ReportDimension, string | null>,
  ): RollupSums | undefined {
    if (this.#query.by.length === 0) return undefined
    const own = (dimension: ReportDimension) =>
      others?.get(dimension) ?? labels.values[ROLLUP_PLACES.get(dimension) ?? -1]
    return this.#groupOf({ at, mechanism: labels.mechanism, target, own }).rollup
  }

  /** Sums of requests that rows count, but the totals not yet; `times` is -1 for those that rows count twice. */
  addTotals({ sums, totalMs, firstChunkMs }: RollupSums, times: 1 | -1): void {
    const totals = this.#totals.rollup
    addSums(totals.sums, sums, times)
    if (times === 1) {
      totals.totalMs.merge(totalMs)
      totals.firstChunkMs.merge(firstChunkMs)
    } else {
      totals.totalMs.remove(totalMs)
      totals.firstChunkMs.remove(firstChunkMs)
    }
  }

  finish(): Report {
    const { since, until, by } = this.#query
    const rows = this.#rows()
    if (by.some(isTimeDimension)) rows.sort((a, b) => byLabels(a.labels, b.labels))
    else {
      const first = by.includes('part') ? byInput : byCost
      rows.sort((a, b) => first(a.figures, b.figures) || byLabels(a.labels, b.labels))
    }
    return {
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      by,
      rows: rows.map(({ labels, figures }) => reportRow(by, labels, figures)),
      totals: this.#totals.figures(),
    }
  }

  #rows(): { labels: readonly (string | null)[]; figures: ReportFigures }[] {
    const place = this.#query.by.indexOf('part')
    const groups = [...this.#groups.values()]
    if (place < 0) return groups.map(({ labels, group }) => ({ labels, figures: group.figures() }))
    return groups.flatMap(({ labels, group }) =>
      group.figuresByPart().map(({ part, figures }) => ({ labels: labels.with(place, part), figures })),
    )
  }

  #groupOf(grouped: Grouped): ReportGroup {
    const labels = this.#query.by.map((dimension, index) =>
      isDerived(dimension) ? this.#derivedLabel(dimension, grouped) : (grouped.own(dimension, index) ?? null),
    )
    const key = JSON.stringify(labels)
    let entry = this.#groups.get(key)
    if (entry === undefined) {
      entry = { labels, group: new ReportGroup(this.#query.by.includes('part')) }
      this.#groups.set(key, entry)
    }
    return entry.group
  }

  #derivedLabel(dimension: DerivedDimension, { at, mechanism, target }: Grouped): string | null {
    // What is only looked at has no model.
    if (dimension === 'model' || dimension === 'provider') return target?.[dimension] || null
    if (dimension === 'mechanism') return mechanism
    // A group has all parts: they become rows of their own in the end.
    if (dimension === 'part') return null
    return this.#localTime(at)[dimension]
  }
}

function reportRow(
  by: readonly ReportDimension[],
  labels: readonly (string | null)[],
  figures: ReportFigures,
): ReportRow {
  const row: Record<string, unknown> = {}
  by.forEach((dimension, index) => {
    row[dimension] = labels[index] ?? null
  })
  // Not spread: over thousands of rows that would take longer than to sum them up.
  return Object.assign(row as Pick<ReportRow, ReportDimension>, figures)
}

/** The dearest first, since that is what a report is read for. */
function byCost(a: ReportFigures, b: ReportFigures): number {
  return (b.cost_usd ?? 0) - (a.cost_usd ?? 0) || b.requests - a.requests
}

/** In a report by part, most costs are of the whole. */
function byInput(a: ReportFigures, b: ReportFigures): number {
  return inputTokens(b) - inputTokens(a) || byCost(a, b)
}

function inputTokens({ tokens }: ReportFigures): number {
  return INPUT_BUCKETS.reduce((sum, bucket) => sum + tokens[bucket], 0)
}

function byLabels(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  for (const [index, label] of a.entries()) {
    const left = label ?? ''
    const right = b[index] ?? ''
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
