/** How many requests are labelled: nearly all at first, then less and less, and never more than the small tier can bear. */
import { describe, expect, test } from 'vitest'
import { Labelled, labelShare } from '../../../src/routing/learn/label-share.ts'
import { freshWatch, watched } from '../../../src/routing/learn/watch.ts'

const NOBODY = { underWay: 0, failed: 0 }
const of = (taught: number, share = 0.05, asked = NOBODY) => labelShare(share, taught, undefined, asked)

describe('labelShare', () => {
  test.each([
    [0, 1],
    [500, 1],
    [1000, 0.25],
    [2000, 0.0625],
    [2500, 0.05],
    [50_000, 0.05],
  ])('of 5 %%, after %i labels: %f', (taught, expected) => {
    expect(of(taught)).toBeCloseTo(expected, 12)
  })

  test('follows the policy: a hundredth begins at a fifth, everything stays everything, nothing is nothing', () => {
    expect([of(0, 0.01), of(500, 0.01), of(5000, 0.01)]).toEqual([0.2, 0.2, 0.01])
    expect([of(0, 1), of(50_000, 1), of(0, 0)]).toEqual([1, 1, 0])
  })

  test('rises where the version in force is suspected', () => {
    let watch = freshWatch(0.02)
    for (let label = 1; label <= 3; label++) watch = watched(watch, label, true, true)
    expect(labelShare(0.05, 9000, watch, NOBODY)).toBe(0.2)
    expect(labelShare(0.01, 9000, watch, NOBODY)).toBe(0.04)
    expect(labelShare(0.05, 9000, freshWatch(0.02), NOBODY)).toBe(0.05)
  })

  test('falls where the other tier gives no labels, until it gives one', () => {
    const labelled = new Labelled()
    for (let asked = 0; asked < 5000; asked++) labelled.asks('support')(false)
    expect(of(0, 0.05, labelled.of('support'))).toBe(0.05)
    expect(of(0, 0.05, labelled.of('another'))).toBe(1)
    labelled.asks('support')(true)
    expect(of(0, 0.05, labelled.of('support'))).toBe(1)
  })

  test('is nothing while eight are under way', () => {
    const labelled = new Labelled()
    const ends = Array.from({ length: 8 }, () => labelled.asks('support'))
    expect(of(0, 1, labelled.of('support'))).toBe(0)
    ends[0]?.(true)
    expect(of(0, 1, labelled.of('support'))).toBe(1)
  })
})
