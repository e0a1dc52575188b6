/** What was saved in one row of a report, by what saved it: counterfactual less actual, and never more than that. */
import type { ReportFigures } from '../metering/reports.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'
import { NANO_USD } from './stored-request.ts'

type Mechanism = 'exact' | 'coalesced' | 'prefix_discount'
type Savings = Pick<
  ReportFigures,
  'hits' | 'baseline_usd' | 'saved_usd' | 'savings' | 'overhead_usd' | 'shadow'
>

export class SavingsSum {
  readonly #hits = { exact: 0, coalesced: 0, semantic: 0, knowledge: 0 }
  readonly #saved = new Map<Mechanism, number>()
  readonly #shadow = { hits: 0, savedNanoUsd: 0 }
  #baselineNanoUsd = 0
  /** Paid for attempts that did not answer. */
  #overheadNanoUsd = 0

  get anyHit(): boolean {
    return this.#hits.exact + this.#hits.coalesced > 0
  }

  addRequest({ cache, attempts, baselineNanoUsd, shadow, shadowNanoUsd }: ReportedRequest): void {
    if (shadow !== null) {
      this.#shadow.hits++
      this.#shadow.savedNanoUsd += shadowNanoUsd ?? 0
    }
    if (cache !== 'exact' && cache !== 'coalesced') return
    this.#hits[cache]++
    if (attempts.length > 0 || baselineNanoUsd === null) return
    this.#baselineNanoUsd += baselineNanoUsd
    this.#save(cache, baselineNanoUsd)
  }

  /** The last attempt is the one that answered; what the others cost is nobody's saving. */
  addAttempt(request: ReportedRequest, attempt: ReportedAttempt): void {
    const cost = attempt.costNanoUsd ?? 0
    const isKnown =
      request.baselineNanoUsd !== null && request.attempts.every(({ costNanoUsd }) => costNanoUsd !== null)
    // Without a price for all of it, nothing is claimed: the baseline is what was paid.
    if (!isKnown) this.#baselineNanoUsd += cost
    else if (attempt !== request.attempts.at(-1)) this.#overheadNanoUsd += cost
    else {
      const baseline = request.baselineNanoUsd ?? 0
      this.#baselineNanoUsd += baseline
      if (baseline !== cost) this.#save('prefix_discount', baseline - cost)
    }
  }

  /** `saved_usd` is what the mechanisms saved, less the overhead: baseline less cost. */
  figures(costNanoUsd: number, isPriced: boolean): Savings {
    const usd = (nanoUsd: number): number => nanoUsd / NANO_USD
    const savings = Object.fromEntries(
      [...this.#saved].map(([mechanism, nanoUsd]) => [mechanism, usd(nanoUsd)]),
    )
    const { hits, savedNanoUsd } = this.#shadow
    return {
      hits: this.#hits,
      baseline_usd: isPriced ? usd(this.#baselineNanoUsd) : null,
      saved_usd: isPriced ? usd(this.#baselineNanoUsd - costNanoUsd) : null,
      savings,
      overhead_usd: isPriced ? usd(this.#overheadNanoUsd) : null,
      shadow:
        hits === 0
          ? {}
          : { exact: { hits, audited: 0, wrong: 0, wrong_upper: null, saved_usd: usd(savedNanoUsd) } },
    }
  }

  #save(mechanism: Mechanism, nanoUsd: number): void {
    this.#saved.set(mechanism, (this.#saved.get(mechanism) ?? 0) + nanoUsd)
  }
}
