/** The running sums behind one row of a report. */
import type { ReportFigures } from '../metering/reports.ts'
import { noTokens, TOKEN_BUCKETS } from '../metering/tokens.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'
import { SavingsSum } from './savings-sum.ts'
import { NANO_USD } from './stored-request.ts'

export class ReportGroup {
  readonly #tokens = noTokens()
  readonly #usage = { reported: 0, estimated: 0, absent: 0 }
  readonly #totalMs: number[] = []
  readonly #firstChunkMs: number[] = []
  #requests = 0
  #errors = 0
  #attempts = 0
  #priced = 0
  #costNanoUsd = 0
  #unpricedRequests = 0
  #counted: ReportedRequest | undefined
  #countedUnpriced: ReportedRequest | undefined
  readonly #savings = new SavingsSum()

  /** Counts a request once, however many of its attempts lead here. */
  addRequest(request: ReportedRequest): void {
    if (this.#counted === request) return
    this.#counted = request
    this.#requests++
    this.#savings.addRequest(request)
    if (request.failed) this.#errors++
    if (request.totalMs !== null) this.#totalMs.push(request.totalMs)
    if (request.firstChunkMs !== null) this.#firstChunkMs.push(request.firstChunkMs)
  }

  addAttempt(request: ReportedRequest, attempt: ReportedAttempt): void {
    this.#attempts++
    this.#savings.addAttempt(request, attempt)
    if (attempt.usage !== null) this.#usage[attempt.usage]++
    TOKEN_BUCKETS.forEach((bucket, index) => {
      this.#tokens[bucket] += attempt.tokens[index] ?? 0
    })
    if (attempt.costNanoUsd !== null) {
      this.#priced++
      this.#costNanoUsd += attempt.costNanoUsd
    } else if (this.#countedUnpriced !== request && isUnpriced(attempt)) {
      this.#countedUnpriced = request
      this.#unpricedRequests++
    }
  }

  figures(): ReportFigures {
    const isPriced = this.#priced > 0 || this.#attempts === 0 || this.#savings.anyHit
    const saved = this.#savings.figures(this.#costNanoUsd, isPriced)
    return {
      requests: this.#requests,
      errors: this.#errors,
      hits: saved.hits,
      tokens: this.#tokens,
      units: { audio_seconds: 0, images: 0, characters: 0 },
      usage: this.#usage,
      baseline_usd: saved.baseline_usd,
      cost_usd: isPriced ? this.#costNanoUsd / NANO_USD : null,
      saved_usd: saved.saved_usd,
      savings: saved.savings,
      overhead_usd: saved.overhead_usd,
      shadow: saved.shadow,
      unpriced_requests: this.#unpricedRequests,
      latency_ms: percentiles(this.#totalMs),
      first_chunk_ms: percentiles(this.#firstChunkMs),
    }
  }
}

/** Refusals without a token cost nothing wherever a price is known, so they leave no gap in a bill. */
function isUnpriced({ outcome, tokens }: ReportedAttempt): boolean {
  switch (outcome) {
    case null:
      return false
    case 'rejected':
    case 'rate_limited':
    case 'unreachable':
    case 'failed':
      return tokens.some((count) => count > 0)
    case 'answered':
    case 'timeout':
    case 'abandoned':
    case 'interrupted':
      return true
    default:
      return outcome satisfies never
  }
}

/** Nearest rank, over every value. */
function percentiles(values: readonly number[]): { p50: number | null; p95: number | null } {
  const sorted = Float64Array.from(values).sort()
  const rank = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null
  return { p50: rank(0.5), p95: rank(0.95) }
}
