/** Adds hours' requests to a report from their columns, straight into the sums of its rows. */
import type { ReportQuery } from '../metering/reports.ts'
import { type Column, type Columns, dense, type QuarterEnds, readColumns } from './column-blob.ts'
import { addTo, type FigureSums, figureSums } from './figure-sums.ts'
import type { Histogram } from './histogram.ts'
import type { LabelRoutes } from './label-routes.ts'
import type { PartSums } from './part-sums.ts'
import type { ReportBuilder } from './report-builder.ts'
import { COLUMN } from './request-columns.ts'
import { emptySums } from './rollup-cell.ts'
import { WordValues } from './word-values.ts'

const QUARTER_MS = 15 * 60 * 1000

/** Entries of an hour from one time of the report's to the next. */
interface Slice {
  from: number
  until: number
  /** Which row an entry counts in. */
  rowOf: Int32Array
  /** Requests that count in a second row, a third and so on. */
  more: { entry: number; row: number }[]
}

/** The sums of rows, by their numbers. */
interface Rows {
  sums: FigureSums[]
  totalMs: Histogram[]
  firstChunkMs: Histogram[]
  parts: PartSums[]
}

export class ColumnSpan {
  readonly #builder: ReportBuilder
  readonly #routes: LabelRoutes
  readonly #words: WordValues
  readonly #timeOf: (at: number) => string
  readonly #totals = emptySums()
  /** Numbers of rows at the present time, by the number of their labels, then by that of their words. */
  #places: (number[] | undefined)[] = []
  #rows: Rows = noRows()
  #time: string | undefined

  /** `timeOf` tells times apart that have rows of their own. */
  constructor(
    { by }: ReportQuery,
    builder: ReportBuilder,
    routes: LabelRoutes,
    words: (number: number) => string | null,
    timeOf: (at: number) => string,
  ) {
    this.#builder = builder
    this.#routes = routes
    this.#words = new WordValues(by, words)
    this.#timeOf = timeOf
  }

  /** In rising order; `parts` is null where nobody asks for them. @returns false where this version cannot read the columns. */
  add(hour: number, bytes: Uint8Array, parts: Uint8Array | null): boolean {
    const columns = readColumns(bytes)
    const partColumns = parts === null ? undefined : readColumns(parts)
    if (columns === undefined || (parts !== null && partColumns === undefined)) return false
    const labels = dense(columns.byNumber.get(COLUMN.label), columns.entries)
    const words = this.#words.numbersOf(columns)
    const target = columns.byNumber.get(COLUMN.target)
    const targets = target && dense(target, columns.entries)
    const rowOf = new Int32Array(columns.entries)
    for (const { at, from, until } of this.#slices(hour, columns.ends)) {
      this.#turnTo(at)
      const slice: Slice = { from, until, rowOf, more: [] }
      for (let entry = from; entry < until; entry++) {
        const label = labels[entry] ?? 0
        this.#place(at, slice, entry, label, words?.[entry] ?? 0, targets?.[entry] ?? 0)
      }
      this.#addFigures(columns, slice)
      if (partColumns !== undefined) this.#addParts(partColumns, slice)
    }
    return true
  }

  /** To be called after the last hour. */
  end(): void {
    if (this.#time !== undefined) this.#builder.addTotals(this.#totals, 1)
  }

  /** One, or as many as the report tells times of this hour apart. */
  #slices(hour: number, ends: QuarterEnds): readonly { at: number; from: number; until: number }[] {
    const slices: { at: number; from: number; until: number; time: string }[] = []
    for (const [quarter, until] of ends.entries()) {
      const at = hour + quarter * QUARTER_MS
      const time = this.#timeOf(at)
      const last = slices.at(-1)
      if (last?.time === time) last.until = until
      else slices.push({ at, from: last?.until ?? 0, until, time })
    }
    return slices.filter(({ from, until }) => until > from)
  }

  #turnTo(at: number): void {
    const time = this.#timeOf(at)
    if (time === this.#time) return
    this.#time = time
    this.#places = []
    this.#rows = noRows()
  }

  /** Finds the rows of an entry; `target` numbers the model from 1 where it is an attempt's own. */
  #place(at: number, slice: Slice, entry: number, label: number, word: number, target: number): void {
    const route = this.#routes.routeOf(label)
    if (target > 0) {
      slice.rowOf[entry] = this.#rowAt(at, route.targets[target - 1] ?? 0, word)
      return
    }
    const numbers = route.requests
    slice.rowOf[entry] = this.#rowAt(at, numbers[0] ?? 0, word)
    for (let index = 1; index < numbers.length; index++) {
      slice.more.push({ entry, row: this.#rowAt(at, numbers[index] ?? 0, word) })
    }
    // Where a request tried one model, its own entry has the gap.
    if (route.targets.length < 2 || route.unpriced.length === 0) return
    for (const number of route.unpriced) {
      const sums = this.#rows.sums[this.#rowAt(at, number, word)]
      if (sums !== undefined) addTo(sums, 'unpriced_requests', 1)
    }
    addTo(this.#totals.sums, 'unpriced_requests', 1)
  }

  #rowAt(at: number, number: number, word: number): number {
    let places = this.#places[number]
    if (places === undefined) {
      places = []
      this.#places[number] = places
    }
    let row = places[word]
    if (row === undefined) {
      row = this.#newRow(at, number, word)
      places[word] = row
    }
    return row
  }

  #newRow(at: number, number: number, word: number): number {
    const example = this.#routes.example(number)
    const row =
      example && this.#builder.rollupOf(at, example.labels, example.target, this.#words.valuesOf(word))
    const { sums, totalMs, firstChunkMs, parts } = row ?? emptySums()
    this.#rows.totalMs.push(totalMs)
    this.#rows.firstChunkMs.push(firstChunkMs)
    if (parts !== undefined) this.#rows.parts.push(parts)
    return this.#rows.sums.push(sums) - 1
  }

  #addFigures({ byNumber }: Columns, slice: Slice): void {
    for (const [number, column] of byNumber) {
      if (number === COLUMN.totalMs || number === COLUMN.firstChunkMs) {
        const figure = number === COLUMN.totalMs ? 'totalMs' : 'firstChunkMs'
        addDurations(this.#rows[figure], this.#totals[figure], column, slice)
      } else if (number >= COLUMN.figures) {
        addColumn(this.#rows.sums, this.#totals.sums, number - COLUMN.figures, column, slice)
      }
    }
  }

  #addParts({ byNumber }: Columns, slice: Slice): void {
    const unused = figureSums()
    for (const [place, column] of byNumber) addColumn(this.#rows.parts, unused, place, column, slice)
  }
}

function noRows(): Rows {
  return { sums: [], totalMs: [], firstChunkMs: [], parts: [] }
}

function addColumn(
  rows: readonly Float64Array[],
  totals: Float64Array,
  place: number,
  column: Column,
  slice: Slice,
): void {
  const { places, values } = column
  const { from, until, rowOf } = slice
  let sum = 0
  const first = places === undefined ? from : firstFrom(places, from)
  for (let index = first; index < values.length; index++) {
    const entry = places === undefined ? index : (places[index] ?? 0)
    if (entry >= until) break
    const value = values[index] ?? 0
    const row = rows[rowOf[entry] ?? 0]
    if (row !== undefined) row[place] = (row[place] ?? 0) + value
    sum += value
  }
  totals[place] = (totals[place] ?? 0) + sum
  for (const { entry, row } of slice.more) {
    const sums = rows[row]
    if (sums !== undefined) sums[place] = (sums[place] ?? 0) + valueAt(column, entry)
  }
}

function addDurations(rows: readonly Histogram[], whole: Histogram, column: Column, slice: Slice): void {
  const { places, values } = column
  const { from, until, rowOf } = slice
  const first = places === undefined ? from : firstFrom(places, from)
  for (let index = first; index < values.length; index++) {
    const entry = places === undefined ? index : (places[index] ?? 0)
    if (entry >= until) break
    const bucket = (values[index] ?? 0) - 1
    if (bucket < 0) continue
    rows[rowOf[entry] ?? 0]?.addBucket(bucket, 1)
    whole.addBucket(bucket, 1)
  }
  for (const { entry, row } of slice.more) {
    const bucket = valueAt(column, entry) - 1
    if (bucket >= 0) rows[row]?.addBucket(bucket, 1)
  }
}

function valueAt({ places, values }: Column, entry: number): number {
  if (places === undefined) return values[entry] ?? 0
  const index = firstFrom(places, entry)
  return places[index] === entry ? (values[index] ?? 0) : 0
}

/** The index of the first place that is not below `entry`. */
function firstFrom(places: Uint32Array, entry: number): number {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((places[middle] ?? 0) < entry) low = middle + 1
    else high = middle
  }
  return low
}
