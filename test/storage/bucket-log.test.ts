/** Durations noted and counted later are the ones counted at once. */
import { expect, test } from 'vitest'
import { BucketLog, LOG_CAPACITY } from '../../src/storage/bucket-log.ts'
import { Histogram } from '../../src/storage/histogram.ts'

const ROWS = 70
const HOUR_ENTRIES = 5000
/** Of a row's number, so that rows have few durations, many, or none. */
const rowAt = (entry: number): number => Math.floor(ROWS * ((entry * 0.618_034) % 1) ** 4)
/** A bucket and one more, or 0 for none. */
const valueAt = (entry: number): number => (entry * 7919) % 1700

test('BucketLog: rows have what each of their durations, counted by itself, adds up to', () => {
  const log = new BucketLog()
  const [rows, expected] = [histograms(), histograms()]
  const [whole, expectedWhole] = [new Histogram(), new Histogram()]
  const hours = Math.ceil((2.5 * LOG_CAPACITY) / HOUR_ENTRIES)
  for (let hour = 0; hour < hours; hour++) {
    const values = Float64Array.from({ length: HOUR_ENTRIES }, (_, entry) => valueAt(hour + entry))
    const rowOf = Int32Array.from({ length: HOUR_ENTRIES }, (_, entry) => rowAt(hour + entry))
    log.add(values, rowOf, rows, whole)
    for (const [entry, value] of values.entries()) {
      if (value === 0) continue
      expected[rowOf[entry] ?? 0]?.addBucket(value - 1, 1)
      expectedWhole.addBucket(value - 1, 1)
    }
  }
  log.flush(rows, whole)
  expect(rows.map(contents)).toEqual(expected.map(contents))
  expect(contents(whole)).toEqual(contents(expectedWhole))
})

test('BucketLog: after a flush, rows have other numbers', () => {
  const log = new BucketLog()
  const [whole, first, second] = [new Histogram(), new Histogram(), new Histogram()]
  log.add(Float64Array.of(4, 0, 4, 9), Int32Array.of(0, 0, 0, 0), [first], whole)
  log.flush([first], whole)
  log.flush([second], whole)
  log.add(Float64Array.of(2), Int32Array.of(1), [first, second], whole)
  log.flush([first, second], whole)
  expect(contents(first)).toEqual({
    total: 3,
    buckets: [
      [3, 2],
      [8, 1],
    ],
  })
  expect(contents(second)).toEqual({ total: 1, buckets: [[1, 1]] })
  expect(whole.total).toBe(4)
})

function histograms(): Histogram[] {
  return Array.from({ length: ROWS }, () => new Histogram())
}

function contents(histogram: Histogram): { total: number; buckets: [number, number][] } {
  const buckets: [number, number][] = []
  histogram.forEachBucket((bucket, count) => buckets.push([bucket, count]))
  return { total: histogram.total, buckets }
}
