import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestId, requestIdBound } from '../../src/metering/request-id.ts'

const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 })

test('requestId: req_ and 26 characters of Crockford’s alphabet, whatever the time and randomness', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(instant, random, (now, number) => {
      expect(requestId(now, () => number)).toMatch(/^req_[0-9a-hjkmnp-tv-z]{26}$/)
    }),
  )
})

test('requestId: sorts by time, whatever the randomness', () => {
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      fc.pre(a !== b)
      const [early, late] = [Math.min(a, b), Math.max(a, b)]
      expect(requestId(early, () => 0.999999) < requestId(late, () => 0)).toBe(true)
    }),
  )
})

test('requestIdBound: an id lies at or above the bound of its millisecond, and below that of the next', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(instant, instant, random, (at, bound, number) => {
      expect(requestId(at, () => number) >= requestIdBound(bound)).toBe(at >= bound)
      expect(requestId(at, () => number) >= requestIdBound(at)).toBe(true)
      expect(requestId(at, () => number) < requestIdBound(at + 1)).toBe(true)
    }),
  )
})

test('requestIdBound: instants that no id can hold lie before, or behind, every id', () => {
  const last = requestId(2 ** 50 - 1, () => 0.9999999)
  expect(last).toBe('req_'.padEnd(30, 'z'))
  for (const at of [2 ** 50, 8.64e15, Number.MAX_SAFE_INTEGER]) expect(requestIdBound(at) > last).toBe(true)
  for (const at of [-1, -8.64e15]) expect(requestIdBound(at)).toBe(requestId(0, () => 0))
  expect(requestIdBound(2 ** 40 - 0.5)).toBe(requestIdBound(2 ** 40))
})

test('requestId: a known instant has a known name', () => {
  expect(requestId(2 ** 40 + 33, () => 0)).toBe('req_0100000011'.concat('0'.repeat(16)))
})

test('requestId: every draw of randomness counts', () => {
  const draws = [0, 0.25, 0.5, 0.75]
  let index = 0
  const id = requestId(0, () => draws[index++] ?? 0)
  expect(id.slice(-16)).toBe('00008000g000r000')
  const ids = new Set(Array.from({ length: 10_000 }, () => requestId(0, Math.random)))
  expect(ids.size).toBe(10_000)
})
