/** Durations of a report's rows, noted in the order they are read, and counted row by row once there are many. */
import type { Histogram } from './histogram.ts'

/** Of durations: 2 MiB. Four times as many would be counted hardly faster. */
export const LOG_CAPACITY = 2 ** 18

/**
 * Thousands of rows have more counts than the processor's caches hold: to add each duration where it belongs would wait
 * for memory each time.
 */
export class BucketLog {
  #rows = new Int32Array(0)
  #buckets = new Uint16Array(0)
  #sorted = new Uint16Array(0)
  #length = 0

  /** `values` are buckets plus one, 0 for none, one each of the rows' numbers beside; `histograms` goes by these. */
  add(values: Float64Array, rows: Int32Array, histograms: readonly Histogram[], whole: Histogram): void {
    if (this.#rows.length === 0) this.#makeRoom()
    for (let index = 0; index < values.length; index++) {
      const value = values[index] ?? 0
      if (value === 0) continue
      if (this.#length === LOG_CAPACITY) this.flush(histograms, whole)
      this.#rows[this.#length] = rows[index] ?? 0
      this.#buckets[this.#length] = value - 1
      this.#length++
    }
  }

  /** To be called before rows get other numbers. */
  flush(histograms: readonly Histogram[], whole: Histogram): void {
    const length = this.#length
    if (length === 0) return
    this.#length = 0
    whole.addBuckets(this.#buckets, 0, length)
    const ends = this.#sort(length, histograms.length)
    let from = 0
    for (const [row, histogram] of histograms.entries()) {
      const until = ends[row] ?? 0
      if (until > from) histogram.addBuckets(this.#sorted, from, until)
      from = until
    }
  }

  /** Only once there is something to note: most reports need no columns. */
  #makeRoom(): void {
    this.#rows = new Int32Array(LOG_CAPACITY)
    this.#buckets = new Uint16Array(LOG_CAPACITY)
    this.#sorted = new Uint16Array(LOG_CAPACITY)
  }

  /** @returns where each row's buckets end among the sorted ones */
  #sort(length: number, rowCount: number): Int32Array {
    const rows = this.#rows
    // Where the next bucket of a row goes: first its begin, in the end its end.
    const next = new Int32Array(rowCount + 1)
    for (let index = 0; index < length; index++) {
      const after = (rows[index] ?? 0) + 1
      next[after] = (next[after] ?? 0) + 1
    }
    for (let row = 1; row <= rowCount; row++) next[row] = (next[row] ?? 0) + (next[row - 1] ?? 0)
    for (let index = 0; index < length; index++) {
      const row = rows[index] ?? 0
      const place = next[row] ?? 0
      this.#sorted[place] = this.#buckets[index] ?? 0
      next[row] = place + 1
    }
    return next
  }
}
