/** The running sums behind one row of a report. */
import type { ReportFigures } from '../metering/reports.ts'
import { addAttemptSums, addRequestSums, addTo, figureSums, figuresOf, isUnpriced } from './figure-sums.ts'
import { Latencies } from './latencies.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'
import type { RollupSums } from './rollup-cell.ts'

export class ReportGroup {
  readonly #sums = figureSums()
  readonly #total = new Latencies()
  readonly #firstChunk = new Latencies()
  #counted: ReportedRequest | undefined
  #countedUnpriced: ReportedRequest | undefined

  /** Counts a request once, however many of its attempts lead here. */
  addRequest(request: ReportedRequest): void {
    if (this.#counted === request) return
    this.#counted = request
    addRequestSums(this.#sums, request)
    if (request.totalMs !== null) this.#total.add(request.totalMs)
    if (request.firstChunkMs !== null) this.#firstChunk.add(request.firstChunkMs)
  }

  addAttempt(request: ReportedRequest, attempt: ReportedAttempt): void {
    addAttemptSums(this.#sums, request, attempt)
    if (this.#countedUnpriced === request || !isUnpriced(attempt)) return
    this.#countedUnpriced = request
    addTo(this.#sums, 'unpriced_requests', 1)
  }

  /** Where what was summed up before is added; durations are told by histogram from then on. */
  get rollup(): RollupSums {
    return { sums: this.#sums, totalMs: this.#total.histogram, firstChunkMs: this.#firstChunk.histogram }
  }

  figures(): ReportFigures {
    return {
      ...figuresOf(this.#sums),
      latency_ms: this.#total.percentiles(),
      first_chunk_ms: this.#firstChunk.percentiles(),
    }
  }
}
