/** The running sums behind one row of a report. */
import type { ReportFigures } from '../metering/reports.ts'
import {
  addAttemptSums,
  addRequestSums,
  addSums,
  addTo,
  type FigureSums,
  figureSums,
  figuresOf,
  isUnpriced,
  sumOf,
} from './figure-sums.ts'
import { Latencies } from './latencies.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'
import type { RollupCell } from './rollup-cell.ts'

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

  /** Requests that were summed up before, without what their attempts count. */
  addRequests({ requests, totalMs, firstChunkMs }: RollupCell): void {
    addSums(this.#sums, requests)
    this.#total.merge(totalMs)
    this.#firstChunk.merge(firstChunkMs)
  }

  addAttempts(sums: FigureSums): void {
    addSums(this.#sums, sums)
  }

  /** Each of these requests leaves a gap in this row's bill. */
  addUnpriced({ requests }: RollupCell): void {
    addTo(this.#sums, 'unpriced_requests', sumOf(requests, 'requests'))
  }

  figures(): ReportFigures {
    return {
      ...figuresOf(this.#sums),
      latency_ms: this.#total.percentiles(),
      first_chunk_ms: this.#firstChunk.percentiles(),
    }
  }
}
