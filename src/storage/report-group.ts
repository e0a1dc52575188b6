/** The running sums behind one row of a report. */
import type { ReportFigures } from '../metering/reports.ts'
import { addAttemptSums, addRequestSums, addSums, addTo, figureSums, isUnpriced } from './figure-sums.ts'
import { Latencies } from './latencies.ts'
import { type PartSums, partSums, takeParts } from './part-sums.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'
import type { RollupSums } from './rollup-cell.ts'
import { figuresOf } from './told-figures.ts'

export class ReportGroup {
  readonly #sums = figureSums()
  readonly #parts: PartSums | undefined
  readonly #total = new Latencies()
  readonly #firstChunk = new Latencies()
  #counted: ReportedRequest | undefined
  #countedUnpriced: ReportedRequest | undefined

  constructor(withParts = false) {
    this.#parts = withParts ? partSums() : undefined
  }

  /** Counts a request once, however many of its attempts lead here. */
  addRequest(request: ReportedRequest): void {
    if (this.#counted === request) return
    this.#counted = request
    addRequestSums(this.#sums, request)
    if (this.#parts !== undefined && request.parts !== undefined) {
      addSums(this.#parts, request.parts.request, 1)
    }
    if (request.totalMs !== null) this.#total.add(request.totalMs)
    if (request.firstChunkMs !== null) this.#firstChunk.add(request.firstChunkMs)
  }

  addAttempt(request: ReportedRequest, attempt: ReportedAttempt): void {
    addAttemptSums(this.#sums, request, attempt)
    const parts = this.#parts && request.parts?.attempts[request.attempts.indexOf(attempt)]
    if (this.#parts !== undefined && parts !== undefined) addSums(this.#parts, parts, 1)
    if (this.#countedUnpriced === request || !isUnpriced(attempt)) return
    this.#countedUnpriced = request
    addTo(this.#sums, 'unpriced_requests', 1)
  }

  /** Where what was summed up before is added; durations are told by histogram from then on. */
  get rollup(): RollupSums {
    return {
      sums: this.#sums,
      totalMs: this.#total.histogram,
      firstChunkMs: this.#firstChunk.histogram,
      parts: this.#parts,
    }
  }

  figures(): ReportFigures {
    return {
      ...figuresOf(this.#sums),
      latency_ms: this.#total.percentiles(),
      first_chunk_ms: this.#firstChunk.percentiles(),
    }
  }

  /** A row for each part of the input, and one without a part for everything else: together they are `figures`. */
  figuresByPart(): readonly { part: string | null; figures: ReportFigures }[] {
    const rest = this.#sums.slice()
    const parts = takeParts(this.#parts ?? partSums(), rest)
    const none = { p50: null, p95: null }
    return [
      ...parts.map(({ part, sums }) => ({
        part,
        figures: { ...figuresOf(sums), latency_ms: none, first_chunk_ms: none },
      })),
      { part: null, figures: { ...this.figures(), ...figuresOf(rest) } },
    ]
  }
}
