/** Which shadows of caches have earned to act. */
import type { ReportFigures } from '../metering/reports.ts'
import { wilson } from '../metering/wilson.ts'
import type { Policy } from '../policy/policy.ts'
import type { StoredEvidence } from '../storage/semantic-stats.ts'
import type { CacheForecast, Proposal } from './advice.ts'

/** So many judged hits tell whether a workflow's answers may be trusted: 299 without a fault bound it to 1 %. */
const ENOUGH_AUDITS = 300

export type Figures = ReportFigures & { months: number }

export function exactAdvice(workflow: string, policy: Policy, figures: Figures): Proposal[] {
  const { shadow, requests } = figures
  const seen = shadow.exact
  if (policy.cache.exact.mode !== 'shadow' || seen === undefined || seen.hits === 0) return []
  return [
    {
      workflow,
      file: policy.source,
      key: 'cache.exact.mode',
      from: 'shadow',
      to: 'deterministic',
      verdict: 'turn on',
      reason: `${seen.hits} of ${requests} requests repeated an earlier one to the letter.`,
      forecast: forecastOf(seen.hits, seen.saved_usd ?? 0, figures, null),
      edit: { path: ['cache', 'exact', 'mode'], value: 'deterministic' },
    },
  ]
}

export function semanticAdvice(
  workflow: string,
  policy: Policy,
  figures: Figures,
  evidence: readonly StoredEvidence[],
): Proposal[] {
  const { semantic } = policy.cache
  const seen = figures.shadow.semantic
  if (semantic?.mode !== 'shadow' || seen === undefined || seen.hits === 0) return []
  const newest = evidence.reduce<StoredEvidence | undefined>(
    (most, one) => (most === undefined || one.confidence.requests > most.confidence.requests ? one : most),
    undefined,
  )
  const upper = newest?.report.upperBound ?? null
  const isProven = seen.audited >= ENOUGH_AUDITS && upper !== null && upper <= semantic.maxWrongRate
  const reason = isProven
    ? `Of ${seen.audited} hits that were compared with the model's own answer ${seen.wrong} were wrong; at most ${percent(upper)} of requests would be, and ${percent(semantic.maxWrongRate)} are allowed.`
    : `${seen.audited} hits were compared with the model's own answer, ${seen.wrong} were wrong: it takes ${ENOUGH_AUDITS} and a bound under ${percent(semantic.maxWrongRate)} of requests.`
  return [
    {
      workflow,
      file: policy.source,
      key: 'cache.semantic.mode',
      from: 'shadow',
      to: 'on',
      verdict: isProven ? 'turn on' : 'wait',
      reason,
      forecast: forecastOf(seen.hits, (seen.saved_usd ?? 0) * (1 - semantic.auditShare), figures, upper),
      edit: { path: ['cache', 'semantic', 'mode'], value: 'on' },
    },
  ]
}

/** What a hit saves is taken as seen; how many there are is what is uncertain. */
function forecastOf(
  hits: number,
  savedUsd: number,
  { requests, months }: Figures,
  wrongUpper: number | null,
): CacheForecast {
  const monthly = savedUsd / months
  const [lower, upper] = wilson(hits, requests)
  const ofShare = (share: number): number => (monthly * share * requests) / hits
  return {
    hits_share: hits / requests,
    saved_usd_per_month: monthly,
    saved_usd_per_month_interval: [ofShare(lower), ofShare(upper)],
    wrong_per_request_upper: wrongUpper,
  }
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`
}
