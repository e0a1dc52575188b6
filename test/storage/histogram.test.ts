import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../src/storage/histogram.ts'

const durations = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 200 })

test('Histogram: every percentile is within 2 % of the value of nearest rank, merged or not', () => {
  fc.assert(
    fc.property(durations, durations, fc.double({ min: 0, max: 1, noNaN: true }), (left, right, share) => {
      const histogram = new Histogram()
      const other = new Histogram()
      for (const value of left) histogram.add(value)
      for (const value of right) other.add(value)
      histogram.merge(other)
      const sorted = [...left, ...right].sort((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0
      expect(histogram.total).toBe(sorted.length)
      expect(Math.abs((histogram.percentile(share) ?? -1) - exact)).toBeLessThanOrEqual(0.02 * exact)
    }),
    { numRuns: 500 },
  )
})

test('Histogram: without a value there is no percentile', () => {
  expect(new Histogram().percentile(0.5)).toBeNull()
})
