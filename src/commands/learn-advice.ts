/** What `trimtab advise` says of learning: what it saves, what that costs in quality, and what wider bounds would come to. */
import type { ReportFigures } from '../metering/reports.ts'
import { wilson } from '../metering/wilson.ts'
import type { PolicySet } from '../policy/policy.ts'
import { forecastBounds } from '../routing/learn/forecast-bounds.ts'
import type { LearnStore, Scope, Version } from '../routing/learn/learn-store.ts'
import { learnedFigures } from '../storage/learned-figures.ts'
import { printable, usd } from './table.ts'

type Interval = readonly [low: number, high: number]

/** Members are those of `advise --json`. Shares are 0 to 1, money is USD, intervals and bounds are of 95 %. */
export interface LearnAdvice {
  workflow: string
  pair: string
  version: number
  max_quality_loss: number
  /** What audits say since the version is in force; null before the first. */
  loss: number | null
  loss_upper: number | null
  /** Of the span's requests, those that began at the small tier for it; before what labels cost. */
  begun_share: number
  saved_usd_per_month: number
  saved_usd_per_month_interval: Interval
  /** Under other bounds. */
  forecasts: readonly {
    max_quality_loss: number
    begun_share: number
    loss_upper: number
    saved_usd_per_month: number
    saved_usd_per_month_interval: Interval
  }[]
}

interface Span {
  policies: PolicySet
  /** Of the span, by workflow. */
  rows: readonly (Pick<ReportFigures, 'requests' | 'learning'> & { workflow?: string | null })[]
  months: number
}

const BOUNDS = [0.01, 0.02, 0.03, 0.05, 0.08]
/** Of wider bounds, the nearest. */
const SHOWN = 2
/** Less than that more at the small tier is nothing to weigh. */
const LEAST_MORE = 0.05

/** One a workflow whose learned version began requests in the span. */
export function learnAdvice(store: LearnStore, span: Span): LearnAdvice[] {
  return (learnedFigures(store) ?? []).flatMap((known): LearnAdvice[] => {
    const { workflow, pair, version, audited, begun, loss, loss_upper } = known
    const row = span.rows.find((one) => one.workflow === workflow)
    const policy = span.policies.byWorkflow.get(workflow) ?? span.policies.default
    const most = policy.route.learn?.maxQualityLoss
    const found = store.versions({ workflow, pair }).find(({ number }) => number === version)
    if (row?.learning === undefined || most === undefined || found === undefined) return []
    const { requests, saved_usd } = row.learning
    const monthly = saved_usd / span.months
    // Tools and the like may begin nowhere else: of those that may, audits tell the share.
    const ofAudited = audited === 0 || begun === 0 ? undefined : begun / audited
    const [low, high] = wilson(requests, row.requests).map((share) => (share * row.requests) / requests)
    return [
      {
        ...{ workflow, pair, version, max_quality_loss: most, loss, loss_upper },
        begun_share: requests / row.requests,
        saved_usd_per_month: monthly,
        saved_usd_per_month_interval: [monthly * (low ?? 0), monthly * (high ?? 0)],
        forecasts:
          ofAudited === undefined
            ? []
            : forecasts(store, known, found, { most, now: ofAudited, aShare: monthly / ofAudited }),
      },
    ]
  })
}

/** @param now share that begins there by now @param aShare what a month saves for each share of the requests that begins at the small tier: USD / 1 */
function forecasts(
  store: LearnStore,
  scope: Scope,
  version: Version,
  { most, now, aShare }: { most: number; now: number; aShare: number },
): LearnAdvice['forecasts'] {
  const wider = BOUNDS.filter((bound) => bound > most).slice(0, SHOWN)
  const told = forecastBounds(store, scope, version, wider)
  const more = told.filter(({ begun }) => begun > now * (1 + LEAST_MORE))
  return more.map(({ mostLoss, begun, upper, tested }) => {
    const [low, high] = wilson(Math.round(begun * tested), tested)
    return {
      max_quality_loss: mostLoss,
      begun_share: begun,
      loss_upper: upper,
      saved_usd_per_month: aShare * begun,
      saved_usd_per_month_interval: [aShare * low, aShare * high],
    }
  })
}

/** Lines. */
export function learnAdviceLines(advice: readonly LearnAdvice[]): string[] {
  return advice.flatMap((one) => {
    const { workflow, pair, version, loss, loss_upper, begun_share } = one
    const audits =
      loss === null || loss_upper === null
        ? 'nothing was audited since it is in force'
        : `audits say that ${percent(loss)} are answered otherwise, at most ${percent(loss_upper)}`
    return [
      `${printable(workflow)}: learned version ${version} (${printable(pair)}) begins ${percent(begun_share)} of requests at the small tier`,
      `  It saves ${saved(one)}, by the traffic of this span and before what its labels cost; ${audits}, and ${percent(one.max_quality_loss)} may be.`,
      ...one.forecasts.map(
        (at) =>
          `  Under \`max_quality_loss: ${percent(at.max_quality_loss)}\` about ${percent(at.begun_share)} of those that may would begin there, at most ${percent(at.loss_upper)} answered otherwise, and it would save ${saved(at)}. Which loss is worth that, nobody else can say.`,
      ),
    ]
  })
}

function saved({
  saved_usd_per_month: monthly,
  saved_usd_per_month_interval: [low, high],
}: Pick<LearnAdvice, 'saved_usd_per_month' | 'saved_usd_per_month_interval'>): string {
  return `about ${usd(monthly)} a month (${usd(low)} to ${usd(high)})`
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))}%`
}
