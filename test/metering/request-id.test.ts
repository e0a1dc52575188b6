import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestId } from '../../src/metering/request-id.ts'

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
