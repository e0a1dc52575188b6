/** The sums behind a report's figures, all whole numbers in one array, so that sums of parts add up to the whole's. */
import { TOKEN_BUCKETS } from '../metering/tokens.ts'
import { mechanismOf } from './mechanism.ts'
import { isNeverBilled } from './never-billed.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'

/** Rollups on disk name a sum by its place here: add new ones at the end. */
const FIELDS = [
  'requests',
  'errors',
  'exact_hits',
  'coalesced_hits',
  'unpriced_requests',
  'shadow_hits',
  'shadow_nano_usd',
  'billable_attempts',
  'priced_attempts',
  'cost_nano_usd',
  'baseline_nano_usd',
  'overhead_nano_usd',
  // How many requests a mechanism saved something for, and what.
  'exact_savings',
  'exact_saved_nano_usd',
  'coalesced_savings',
  'coalesced_saved_nano_usd',
  'prefix_savings',
  'prefix_saved_nano_usd',
  'reported',
  'estimated',
  'absent',
  ...TOKEN_BUCKETS,
  'semantic_hits',
  'semantic_savings',
  'semantic_saved_nano_usd',
  'semantic_shadow_hits',
  'semantic_shadow_nano_usd',
  'semantic_audited',
  'semantic_wrong',
  'small_model_savings',
  'small_model_saved_nano_usd',
  'trimming_savings',
  'trimming_saved_nano_usd',
  'knowledge_hits',
  'knowledge_savings',
  'knowledge_saved_nano_usd',
  // Trimtab's own among the requests: audits, and what routing learns from.
  'own_requests',
  // Requests with answers that did not suffice; what these cost, and took.
  'escalations',
  'escalated_nano_usd',
  'escalated_ms',
  'learned_savings',
  'learned_saved_nano_usd',
  // Requests that a route in shadow would have led somewhere, those that it would have led elsewhere, and those of them whose
  // price there is known, with what they cost less than here.
  'route_shadow_requests',
  'route_shadow_elsewhere',
  'route_shadow_priced',
  'route_shadow_nano_usd',
] as const

/** In the order in which reports name them. */
export const SAVING_MECHANISMS = [
  'exact',
  'semantic',
  'coalesced',
  'knowledge',
  'small_model',
  'prefix',
  'trimming',
] as const

type SavingMechanism = (typeof SAVING_MECHANISMS)[number]
export type SumField = (typeof FIELDS)[number]
export type FigureSums = Float64Array

const FIELD_COUNT = FIELDS.length
const PLACES = Object.fromEntries(FIELDS.map((field, place) => [field, place])) as Record<SumField, number>
const REQUESTS = PLACES.requests
const FIRST_TOKENS = PLACES[TOKEN_BUCKETS[0]]

/** Starts at nothing. */
export function figureSums(): FigureSums {
  return new Float64Array(FIELD_COUNT)
}

/** `times` is -1 to take them out again. */
export function addSums(to: Float64Array, from: Float64Array, times: 1 | -1): void {
  for (let place = 0; place < to.length; place++) to[place] = (to[place] ?? 0) + times * (from[place] ?? 0)
}

export function addTo(sums: FigureSums, field: SumField, amount: number): void {
  const place = PLACES[field]
  sums[place] = (sums[place] ?? 0) + amount
}

export function sumOf(sums: FigureSums, field: SumField): number {
  return sums[PLACES[field]] ?? 0
}

/** As `sumOf`, where it is asked for every cell. */
export function requestsIn(sums: FigureSums): number {
  return sums[REQUESTS] ?? 0
}

/** No caller's: it is told as overhead alone, and how long it took or whether it failed concerns nobody. */
export function isOwn({ cache }: Pick<ReportedRequest, 'cache'>): boolean {
  return cache === 'audit'
}

/** What a request counts for itself, whichever attempts it made; `unpriced_requests` is left to the caller. */
export function addRequestSums(sums: FigureSums, request: ReportedRequest): void {
  const { cache, attempts, baselineNanoUsd } = request
  addTo(sums, 'requests', 1)
  if (isOwn(request)) addTo(sums, 'own_requests', 1)
  if (request.failed) addTo(sums, 'errors', 1)
  if (attempts.some(isEscalated)) addTo(sums, 'escalations', 1)
  if (request.shadow !== null) {
    const prefix = request.shadow === 'exact' ? '' : 'semantic_'
    addTo(sums, `${prefix}shadow_hits`, 1)
    addTo(sums, `${prefix}shadow_nano_usd`, request.shadowNanoUsd ?? 0)
  }
  if (request.semanticWrong !== null) {
    addTo(sums, 'semantic_audited', 1)
    addTo(sums, 'semantic_wrong', request.semanticWrong)
  }
  const answered = mechanismOf(cache)
  if (answered === 'none') return
  addTo(sums, `${answered}_hits`, 1)
  if (attempts.length > 0 || baselineNanoUsd === null) return
  addTo(sums, 'baseline_nano_usd', baselineNanoUsd)
  addSaving(sums, answered, baselineNanoUsd)
}

/** The last attempt is the one that answered; what the others cost is nobody's saving. */
export function addAttemptSums(sums: FigureSums, request: ReportedRequest, attempt: ReportedAttempt): void {
  if (!isNeverBilled(attempt.outcome, attempt.tokens)) {
    addTo(sums, 'billable_attempts', 1)
    if (attempt.costNanoUsd !== null) addTo(sums, 'priced_attempts', 1)
  }
  if (attempt.usage !== null) addTo(sums, attempt.usage, 1)
  for (const [index, count] of attempt.tokens.entries()) {
    if (count !== 0) sums[FIRST_TOKENS + index] = (sums[FIRST_TOKENS + index] ?? 0) + count
  }
  const cost = attempt.costNanoUsd ?? 0
  addTo(sums, 'cost_nano_usd', cost)
  if (isEscalated(attempt)) {
    addTo(sums, 'escalated_nano_usd', cost)
    addTo(sums, 'escalated_ms', Math.round(attempt.totalMs ?? 0))
  }
  const isKnown =
    request.baselineNanoUsd !== null && request.attempts.every(({ costNanoUsd }) => costNanoUsd !== null)
  // Without a price for all of it, nothing is claimed: the baseline is what was paid.
  // An audit saves nothing, whatever it costs.
  if (attempt === request.attempts.at(-1)) addShadowRoute(sums, request, attempt)
  if (isOwn(request)) addTo(sums, 'overhead_nano_usd', cost)
  else if (!isKnown) addTo(sums, 'baseline_nano_usd', cost)
  else if (attempt !== request.attempts.at(-1)) addTo(sums, 'overhead_nano_usd', cost)
  else {
    const baseline = request.baselineNanoUsd ?? 0
    addTo(sums, 'baseline_nano_usd', baseline)
    addSavings(sums, request, baseline - cost)
  }
}

/** What one request saved, by whom. */
function addSavings(sums: FigureSums, { cache, savings }: ReportedRequest, savedNanoUsd: number): void {
  const { prefix = 0, trimming = 0, model } = savings ?? {}
  if (prefix !== 0) addSaving(sums, 'prefix', prefix)
  if (trimming !== 0) addSaving(sums, 'trimming', trimming)
  const rest = savedNanoUsd - prefix - trimming
  if (rest === 0) return
  // Of embeddings that memory knew in part, the rest was paid for.
  if (cache === 'partial') addSaving(sums, 'exact', rest)
  else if (cache === 'knowledge') addSaving(sums, 'knowledge', rest)
  else if (model === undefined) addSaving(sums, 'prefix', rest)
  else {
    addSaving(sums, 'small_model', rest)
    if (savings?.learned === true) {
      addTo(sums, 'learned_savings', 1)
      addTo(sums, 'learned_saved_nano_usd', rest)
    }
  }
}

/** Counts with the attempt that answered. */
function addShadowRoute(
  sums: FigureSums,
  { savings }: ReportedRequest,
  { costNanoUsd }: ReportedAttempt,
): void {
  const shadow = savings?.shadowRoute
  if (shadow === undefined) return
  addTo(sums, 'route_shadow_requests', 1)
  if (shadow.model === undefined) return
  addTo(sums, 'route_shadow_elsewhere', 1)
  if (shadow.costNanoUsd === undefined || costNanoUsd === null) return
  addTo(sums, 'route_shadow_priced', 1)
  addTo(sums, 'route_shadow_nano_usd', costNanoUsd - shadow.costNanoUsd)
}

function isEscalated({ outcome }: ReportedAttempt): boolean {
  return outcome === 'insufficient'
}

function addSaving(sums: FigureSums, mechanism: SavingMechanism, nanoUsd: number): void {
  addTo(sums, `${mechanism}_savings`, 1)
  addTo(sums, `${mechanism}_saved_nano_usd`, nanoUsd)
}

/** Whether a bill has a gap here. */
export function isUnpriced({ outcome, tokens, costNanoUsd }: ReportedAttempt): boolean {
  return costNanoUsd === null && outcome !== null && !isNeverBilled(outcome, tokens)
}
