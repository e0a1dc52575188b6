/** The upper bound of a share, against figures of the exact interval (Clopper and Pearson 1934) that others publish. */
import { describe, expect, test } from 'vitest'
import {
  chanceOfAtMost,
  hitsAllowed,
  trialsNeeded,
  upperShare,
} from '../../../src/routing/learn/loss-bound.ts'

describe('upperShare', () => {
  test.each([
    // The rule of three, exactly: 1 - 0.05 ** (1 / n).
    [0, 100, 0.05, 0.029513],
    [0, 300, 0.05, 0.009936],
    // R: binom.test(x, n, alternative = 'less', conf.level = 1 - alpha)
    [1, 20, 0.05, 0.216106],
    [5, 100, 0.025, 0.112835],
    [10, 10, 0.05, 1],
  ])('%i of %i at %f', (hits, trials, alpha, expected) => {
    expect(upperShare(hits, trials, alpha)).toBeCloseTo(expected, 5)
  })

  test('of nothing is everything', () => {
    expect(upperShare(0, 0, 0.05)).toBe(1)
  })
})

test('hitsAllowed is the last whose bound is under the limit', () => {
  const allowed = hitsAllowed(500, 0.02, 0.025)
  expect(upperShare(allowed, 500, 0.025)).toBeLessThanOrEqual(0.02)
  expect(upperShare(allowed + 1, 500, 0.025)).toBeGreaterThan(0.02)
  expect(hitsAllowed(100, 0.02, 0.05)).toBe(-1)
})

test('trialsNeeded is where none allowed becomes zero allowed', () => {
  const trials = trialsNeeded(0.02, 0.025)
  expect(hitsAllowed(trials, 0.02, 0.025)).toBe(0)
  expect(hitsAllowed(trials - 1, 0.02, 0.025)).toBe(-1)
  expect(trialsNeeded(0, 0.05)).toBe(Number.POSITIVE_INFINITY)
})

test('chanceOfAtMost sums a binomial up', () => {
  expect(chanceOfAtMost(1, 3, 0.5)).toBeCloseTo(0.5, 12)
  expect(chanceOfAtMost(2, 4, 0.25)).toBeCloseTo(243 / 256, 12)
})
