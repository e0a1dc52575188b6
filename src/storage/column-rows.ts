/** Sums of a report's rows while columns are added to them: one array a figure, so that the processor has it at hand. */
import { BucketLog } from './bucket-log.ts'
import type { Column } from './column-blob.ts'
import { addTo } from './figure-sums.ts'
import type { Histogram } from './histogram.ts'
import { partSums } from './part-sums.ts'
import { emptySums, type RollupSums } from './rollup-cell.ts'

/** Entries of an hour from one time of the report's to the next. */
export interface Slice {
  from: number
  until: number
  /** Which row an entry counts in. */
  rowOf: Int32Array
  /** Requests that count in a second row, a third and so on. */
  more: { entry: number; row: number }[]
}

type Kind = 'sums' | 'parts'

export class ColumnRows {
  /** Of all entries, whichever rows they count in. */
  readonly totals = emptySums()
  /** Totals tell of no parts: only so that `add` is one. */
  readonly #partTotals = partSums()
  readonly #logs = { totalMs: new BucketLog(), firstChunkMs: new BucketLog() }
  /** What a column has in a slice, and the row of each; used again and again. */
  #values = new Float64Array(0)
  #rowOfValue = new Int32Array(0)
  #rows: RollupSums[] = []
  /** By the figure's place, then by row; what is not yet in the rows' own sums. */
  #pending: Record<Kind, Float64Array[]> = { sums: [], parts: [] }
  #histograms: Record<'totalMs' | 'firstChunkMs', Histogram[]> = { totalMs: [], firstChunkMs: [] }

  /** @returns its number, until the next `flush` */
  addRow(row: RollupSums): number {
    this.#histograms.totalMs.push(row.totalMs)
    this.#histograms.firstChunkMs.push(row.firstChunkMs)
    return this.#rows.push(row) - 1
  }

  countUnpriced(row: number): void {
    const sums = this.#rows[row]?.sums
    if (sums !== undefined) addTo(sums, 'unpriced_requests', 1)
  }

  /** `place` is that of a figure, or of a part's. */
  add(kind: Kind, place: number, column: Column, slice: Slice): void {
    const sums = this.#pendingOf(kind, place)
    const count = this.#cut(column, slice)
    const [values, rows] = [this.#values, this.#rowOfValue]
    let whole = 0
    for (let index = 0; index < count; index++) {
      const value = values[index] ?? 0
      const row = rows[index] ?? 0
      sums[row] = (sums[row] ?? 0) + value
      whole += value
    }
    const totals = kind === 'sums' ? this.totals.sums : this.#partTotals
    totals[place] = (totals[place] ?? 0) + whole
    for (const { entry, row } of slice.more) sums[row] = (sums[row] ?? 0) + valueAt(column, entry)
  }

  addDurations(figure: 'totalMs' | 'firstChunkMs', column: Column, slice: Slice): void {
    const histograms = this.#histograms[figure]
    const count = this.#cut(column, slice)
    const values = this.#values.subarray(0, count)
    this.#logs[figure].add(values, this.#rowOfValue, histograms, this.totals[figure])
    for (const { entry, row } of slice.more) {
      const bucket = valueAt(column, entry) - 1
      if (bucket >= 0) histograms[row]?.addBucket(bucket, 1)
    }
  }

  /** Into the rows' own sums; the next rows are numbered from 0 again. */
  flush(): void {
    for (const figure of ['totalMs', 'firstChunkMs'] as const) {
      this.#logs[figure].flush(this.#histograms[figure], this.totals[figure])
    }
    for (const kind of ['sums', 'parts'] as const) {
      this.#pending[kind].forEach((pending, place) => {
        for (const [index, row] of this.#rows.entries()) {
          const sums = row[kind]
          if (sums !== undefined) sums[place] = (sums[place] ?? 0) + (pending[index] ?? 0)
        }
      })
    }
    this.#rows = []
    this.#pending = { sums: [], parts: [] }
    this.#histograms = { totalMs: [], firstChunkMs: [] }
  }

  /** With room for every row. */
  #pendingOf(kind: Kind, place: number): Float64Array {
    const known = this.#pending[kind][place]
    const count = this.#rows.length
    if (known !== undefined && known.length >= count) return known
    const grown = new Float64Array(known === undefined ? count : 2 * count)
    if (known !== undefined) grown.set(known)
    this.#pending[kind][place] = grown
    return grown
  }

  /**
   * Always as numbers of one width: V8 makes slow code of a loop over typed arrays of several kinds.
   * @returns how many
   */
  #cut({ places, values }: Column, { from, until, rowOf }: Slice): number {
    const [first, end] =
      places === undefined ? [from, until] : [firstFrom(places, from), firstFrom(places, until)]
    const count = end - first
    if (this.#values.length < count) {
      this.#values = new Float64Array(2 * count)
      this.#rowOfValue = new Int32Array(2 * count)
    }
    this.#values.set(values.subarray(first, end))
    if (places === undefined) this.#rowOfValue.set(rowOf.subarray(from, until))
    else {
      const rows = this.#rowOfValue
      for (let index = 0; index < count; index++) rows[index] = rowOf[places[first + index] ?? 0] ?? 0
    }
    return count
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
