/** What the sums behind a row of a report are told as: shares, prices in USD, nothing of what nobody uses. */
import type { ReportFigures } from '../metering/reports.ts'
import { noTokens, TOKEN_BUCKETS } from '../metering/tokens.ts'
import { wilsonUpper } from '../metering/wilson.ts'
import { type FigureSums, SAVING_MECHANISMS, type SumField, sumOf } from './figure-sums.ts'
import { NANO_USD } from './stored-request.ts'

/** `saved_usd` is what the mechanisms saved, less the overhead: baseline less cost. */
export function figuresOf(sums: FigureSums): Omit<ReportFigures, 'latency_ms' | 'first_chunk_ms'> {
  const of = (field: SumField): number => sumOf(sums, field)
  const usd = (field: SumField): number => of(field) / NANO_USD
  const hits = {
    exact: of('exact_hits'),
    coalesced: of('coalesced_hits'),
    semantic: of('semantic_hits'),
    knowledge: of('knowledge_hits'),
  }
  const isPriced =
    of('priced_attempts') > 0 ||
    of('billable_attempts') === 0 ||
    hits.exact + hits.semantic + hits.coalesced + hits.knowledge > 0
  const tokens = noTokens()
  for (const bucket of TOKEN_BUCKETS) tokens[bucket] = of(bucket)
  return {
    requests: of('requests') - of('own_requests'),
    errors: of('errors'),
    hits,
    tokens,
    units: { audio_seconds: 0, images: 0, characters: 0 },
    usage: { reported: of('reported'), estimated: of('estimated'), absent: of('absent') },
    baseline_usd: isPriced ? usd('baseline_nano_usd') : null,
    cost_usd: isPriced ? usd('cost_nano_usd') : null,
    saved_usd: isPriced ? (of('baseline_nano_usd') - of('cost_nano_usd')) / NANO_USD : null,
    savings: savingsOf(sums),
    overhead_usd: isPriced ? usd('overhead_nano_usd') : null,
    ...tiersOf(sums),
    ...shadowRouteOf(sums),
    shadow: shadowOf(sums),
    unpriced_requests: of('unpriced_requests'),
  }
}

/** Nothing is told of what nobody uses. */
function tiersOf(sums: FigureSums): Pick<ReportFigures, 'escalation' | 'learning'> {
  const of = (field: SumField): number => sumOf(sums, field)
  const [requests, learned] = [of('escalations'), of('learned_savings')]
  return {
    ...(requests > 0 && {
      escalation: {
        requests,
        rate: requests / (of('requests') - of('own_requests')),
        abandoned_usd: of('escalated_nano_usd') / NANO_USD,
        added_ms: of('escalated_ms') / requests,
      },
    }),
    ...(learned > 0 && {
      learning: { requests: learned, saved_usd: of('learned_saved_nano_usd') / NANO_USD },
    }),
  }
}

function shadowRouteOf(sums: FigureSums): Pick<ReportFigures, 'shadow_route'> {
  const requests = sumOf(sums, 'route_shadow_requests')
  if (requests === 0) return {}
  const elsewhere = sumOf(sums, 'route_shadow_elsewhere')
  const unpriced = elsewhere - sumOf(sums, 'route_shadow_priced')
  const isKnown = unpriced === 0 || unpriced < elsewhere
  const saved_usd = isKnown ? sumOf(sums, 'route_shadow_nano_usd') / NANO_USD : null
  return { shadow_route: { requests, elsewhere, unpriced, saved_usd } }
}

function savingsOf(sums: FigureSums): ReportFigures['savings'] {
  const savings: Record<string, number> = {}
  for (const mechanism of SAVING_MECHANISMS) {
    if (sumOf(sums, `${mechanism}_savings`) === 0) continue
    const name = mechanism === 'prefix' ? 'prefix_discount' : mechanism
    savings[name] = sumOf(sums, `${mechanism}_saved_nano_usd`) / NANO_USD
  }
  return savings
}

/** Audits of what the semantic cache served count here too: they tell how far its shadow can be trusted. */
function shadowOf(sums: FigureSums): ReportFigures['shadow'] {
  const of = (field: SumField): number => sumOf(sums, field)
  const shadow: Record<string, ReportFigures['shadow'][string]> = {}
  const hits = of('shadow_hits')
  if (hits > 0) {
    shadow.exact = {
      hits,
      audited: 0,
      wrong: 0,
      wrong_upper: null,
      saved_usd: of('shadow_nano_usd') / NANO_USD,
    }
  }
  const audited = of('semantic_audited')
  if (of('semantic_shadow_hits') + audited === 0) return shadow
  const wrong = of('semantic_wrong')
  shadow.semantic = {
    hits: of('semantic_shadow_hits'),
    audited,
    wrong,
    wrong_upper: audited === 0 ? null : wilsonUpper(wrong, audited),
    saved_usd: of('semantic_shadow_nano_usd') / NANO_USD,
  }
  return shadow
}
