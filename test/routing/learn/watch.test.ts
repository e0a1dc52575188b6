/** What is watched of a version in force: how soon a change is told, how seldom one that is none, and since when it is. */
import { describe, expect, test } from 'vitest'
import {
  changeBegan,
  freshWatch,
  isAlarm,
  isSuspicious,
  LABELS_BETWEEN_FALSE_ALARMS,
  type Watch,
  watched,
} from '../../../src/routing/learn/watch.ts'
import { seeded } from '../../support/seeded.ts'

/** Labels until the alarm, or `most`. */
function until(
  most: number,
  seed: number,
  shareAt: (label: number) => number,
): { labels: number; watch: Watch } {
  const random = seeded(seed)
  let watch = freshWatch(0.02)
  for (let label = 1; label <= most; label++) {
    watch = watched(watch, label, true, random() < shareAt(label))
    if (isAlarm(watch)) return { labels: label, watch }
  }
  return { labels: most, watch }
}

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed + 1)

describe('a version that is watched', () => {
  test('at half of its bound is left alone', () => {
    const stopped = SEEDS.filter((seed) => until(5000, seed, () => 0.01).labels < 5000)
    expect(stopped).toEqual([])
  })

  test('at its bound is taken back within a fifth of the promised time at most once in five, on average', () => {
    const within = LABELS_BETWEEN_FALSE_ALARMS / 5
    const stopped = SEEDS.filter((seed) => until(within, seed, () => 0.02).labels < within)
    expect(stopped.length).toBeLessThanOrEqual(SEEDS.length / 5)
  })

  test.each([
    [0.3, 60],
    [0.1, 400],
  ])('that begins to lose %f is taken back within some labels, whatever was before', (share, within) => {
    for (const seed of SEEDS) {
      const { labels, watch } = until(3000, seed, (label) => (label > 1000 ? share : 0.002))
      expect(labels).toBeGreaterThan(1000)
      expect(labels).toBeLessThan(1000 + within)
      expect(Math.abs(changeBegan(watch) - 1001)).toBeLessThan(within)
    }
  })

  test.each([
    [0, 0.01],
    [0.005, 0.07],
    [0.01, 0.15],
  ])('that loses %f under a bound of 0.02 is suspected at %f of the labels at most', (share, most) => {
    const random = seeded(5)
    let watch = freshWatch(0.02)
    let suspected = 0
    for (let label = 1; label <= 5000; label++) {
      watch = watched(watch, label, true, random() < share)
      if (isSuspicious(watch)) suspected++
    }
    expect(suspected).toBeLessThanOrEqual(most * 5000)
  })

  test('that begins to lose much is suspected before it is taken back', () => {
    for (const seed of SEEDS) {
      const random = seeded(seed)
      let watch = freshWatch(0.02)
      let suspected = 0
      for (let label = 1; !isAlarm(watch); label++) {
        watch = watched(watch, label, true, random() < (label > 500 ? 0.2 : 0.005))
        if (isSuspicious(watch) && label > 500) suspected++
      }
      expect(suspected).toBeGreaterThan(3)
    }
  })

  test('counts what begins at the small tier, and what of it is lost', () => {
    let watch = freshWatch(0.02)
    watch = watched(watch, 1, true, false)
    watch = watched(watch, 2, false, true)
    watch = watched(watch, 3, true, true)
    expect(watch).toMatchObject({ labels: 3, begun: 2, lost: 1 })
  })

  test('may lose nothing under a bound of nothing', () => {
    expect(isAlarm(watched(freshWatch(0), 1, true, true))).toBe(false)
    const twice = [1, 2, 3, 4, 5, 6].reduce(
      (watch, label) => watched(watch, label, true, true),
      freshWatch(0),
    )
    expect(isAlarm(twice)).toBe(true)
  })
})
