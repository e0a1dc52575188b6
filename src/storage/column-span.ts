/** Adds hours' requests to a report from their columns, straight into the sums of its rows. */
import type { ReportQuery } from '../metering/reports.ts'
import { type Columns, dense, type QuarterEnds, readColumns } from './column-blob.ts'
import { ColumnRows, type Slice } from './column-rows.ts'
import { addTo } from './figure-sums.ts'
import type { LabelRoutes } from './label-routes.ts'
import type { ReportBuilder } from './report-builder.ts'
import { COLUMN } from './request-columns.ts'
import { emptySums } from './rollup-cell.ts'
import { WordValues } from './word-values.ts'

const QUARTER_MS = 15 * 60 * 1000

export class ColumnSpan {
  readonly #builder: ReportBuilder
  readonly #routes: LabelRoutes
  readonly #words: WordValues
  readonly #timeOf: (at: number) => string
  readonly #rows = new ColumnRows()
  /** Numbers of rows at the present time, by the number of their labels, then by that of their words. */
  #places: (number[] | undefined)[] = []
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
    // Of one kind for each hour: whatever kind it is kept as, the loop below stays quick.
    const labels = Int32Array.from(dense(columns.byNumber.get(COLUMN.label), columns.entries))
    const words = this.#words.numbersOf(columns)
    const target = columns.byNumber.get(COLUMN.target)
    const targets = target && dense(target, columns.entries)
    const rowOf = new Int32Array(columns.entries)
    for (const { at, from, until } of this.#slices(hour, columns.ends)) {
      this.#turnTo(at)
      const slice: Slice = { from, until, rowOf, more: [] }
      for (let entry = from; entry < until; entry++) {
        const label = labels[entry] ?? 0
        const word = words?.[entry] ?? 0
        const target = targets?.[entry] ?? 0
        const only = target > 0 ? -1 : this.#routes.onlyNumberOf(label)
        if (only >= 0) rowOf[entry] = this.#rowAt(at, only, word)
        else this.#place(at, slice, entry, label, word, target)
      }
      this.#addFigures(columns, slice)
      if (partColumns !== undefined) this.#addParts(partColumns, slice)
    }
    return true
  }

  /** To be called after the last hour. */
  end(): void {
    if (this.#time === undefined) return
    this.#rows.flush()
    this.#builder.addTotals(this.#rows.totals, 1)
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
    this.#rows.flush()
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
    for (const number of route.unpriced) this.#rows.countUnpriced(this.#rowAt(at, number, word))
    addTo(this.#rows.totals.sums, 'unpriced_requests', 1)
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
    return this.#rows.addRow(row ?? emptySums())
  }

  #addFigures({ byNumber }: Columns, slice: Slice): void {
    for (const [number, column] of byNumber) {
      if (number === COLUMN.totalMs) this.#rows.addDurations('totalMs', column, slice)
      else if (number === COLUMN.firstChunkMs) this.#rows.addDurations('firstChunkMs', column, slice)
      else if (number >= COLUMN.figures) this.#rows.add('sums', number - COLUMN.figures, column, slice)
    }
  }

  #addParts({ byNumber }: Columns, slice: Slice): void {
    for (const [place, column] of byNumber) this.#rows.add('parts', place, column, slice)
  }
}
