import { expect, test } from 'vitest'
import { wilson, wilsonUpper } from '../../src/metering/wilson.ts'

test("wilson gives the interval's known values", () => {
  expect(wilson(0, 0)).toEqual([0, 1])
  expect(wilson(0, 299)[1]).toBeCloseTo(0.0127, 4)
  expect(wilson(5, 100).map((share) => Number(share.toFixed(4)))).toEqual([0.0215, 0.1118])
})

test('wilsonUpper is its upper end, and 1 where nothing was tried', () => {
  expect(wilsonUpper(5, 100)).toBe(wilson(5, 100)[1])
  expect(wilsonUpper(0, 0)).toBe(1)
})
