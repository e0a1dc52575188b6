/** An hour's requests one by one, as columns: for what sums by hour cannot tell, because it has no bound or cuts hours. */
import { ColumnWriter } from './column-blob.ts'
import { addRequestSums, addTo, type FigureSums, figureSums } from './figure-sums.ts'
import { bucketOf } from './histogram.ts'
import { type PartSums, partSums } from './part-sums.ts'
import type { ReportedRequest } from './report-builder.ts'
import { addTarget, type RollupLabels } from './rollup-cell.ts'

/** What an entry's columns say. Columns on disk go by these numbers; `figures` is the first of a place in `FigureSums`. */
export const COLUMN = {
  label: 0,
  user: 1,
  tags: 2,
  target: 3,
  totalMs: 4,
  firstChunkMs: 5,
  figures: 16,
} as const

/** Beyond so many, an hour's rows are read themselves: to collect columns takes some 500 bytes of memory a request. */
const MOST_ENTRIES = 200_000
const QUARTER_MS = 15 * 60 * 1000
const LAST_QUARTER = 3

/** What a request is known by besides its cell; `tags` is JSON. */
interface Words {
  user: string | null
  tags: string | null
}

/**
 * A request is one entry, with its attempts where they tried one model; where they tried several, each of these is one
 * more entry after it, which `COLUMN.target` numbers from 1.
 */
export class RequestColumns {
  readonly #figures = new ColumnWriter()
  readonly #parts = new ColumnWriter()
  readonly #hour: number
  readonly #words = new Map<string, number>()
  /** Of the entry that is being made. */
  readonly #sums = figureSums()
  readonly #partSums = partSums()
  #quarter = 0

  constructor(hour: number) {
    this.#hour = hour
  }

  /** In rising order. `cell` numbers the labels within the hour. */
  add(request: ReportedRequest, labels: RollupLabels, cell: number, words: Words): void {
    if (this.#figures.entries > MOST_ENTRIES) return
    const quarter = Math.floor((request.at - this.#hour) / QUARTER_MS)
    this.#quarter = Math.min(LAST_QUARTER, Math.max(this.#quarter, quarter))
    const [sums, parts] = this.#nothing()
    addRequestSums(sums, request)
    if (request.parts !== undefined) parts.set(request.parts.request)
    const [target, ...others] = labels.targets
    if (target !== undefined && others.length === 0) {
      addTarget(request, target, sums, parts)
      if (target.unpriced) addTo(sums, 'unpriced_requests', 1)
    }
    this.#entry(cell, words, sums, parts)
    if (request.totalMs !== null) this.#figures.set(COLUMN.totalMs, bucketOf(request.totalMs) + 1)
    if (request.firstChunkMs !== null)
      this.#figures.set(COLUMN.firstChunkMs, bucketOf(request.firstChunkMs) + 1)
    if (others.length > 0) this.#addTargets(request, labels, cell, words)
  }

  get words(): readonly string[] {
    return [...this.#words.keys()]
  }

  /** Undefined where there are too many. @param numbersOf the numbers of a cell's labels, and of a word */
  bytes(numbersOf: {
    label: (cell: number) => number
    word: (word: string) => number
  }): { columns: Uint8Array; parts: Uint8Array } | undefined {
    if (this.#figures.entries > MOST_ENTRIES) return undefined
    const words = this.words
    const word = (number: number): number => numbersOf.word(words[number - 1] ?? '')
    const columns = this.#figures.bytes({
      [COLUMN.label]: (cell) => numbersOf.label(cell - 1),
      [COLUMN.user]: word,
      [COLUMN.tags]: word,
    })
    return { columns, parts: this.#parts.bytes() }
  }

  #nothing(): readonly [FigureSums, PartSums] {
    return [this.#sums.fill(0), this.#partSums.fill(0)]
  }

  #addTargets(request: ReportedRequest, labels: RollupLabels, cell: number, words: Words): void {
    for (const [index, target] of labels.targets.entries()) {
      const [sums, parts] = this.#nothing()
      addTarget(request, target, sums, parts)
      this.#entry(cell, words, sums, parts)
      this.#figures.set(COLUMN.target, index + 1)
    }
  }

  #entry(cell: number, { user, tags }: Words, sums: Float64Array, parts: Float64Array): void {
    this.#figures.begin(this.#quarter)
    this.#parts.begin(this.#quarter)
    this.#figures.set(COLUMN.label, cell + 1)
    this.#figures.set(COLUMN.user, this.#numberOf(user))
    this.#figures.set(COLUMN.tags, this.#numberOf(tags))
    this.#figures.setAll(COLUMN.figures, sums)
    this.#parts.setAll(0, parts)
  }

  #numberOf(word: string | null): number {
    if (word === null) return 0
    let number = this.#words.get(word)
    if (number === undefined) {
      number = this.#words.size + 1
      this.#words.set(word, number)
    }
    return number
  }
}
