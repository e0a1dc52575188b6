/** The limit finds how many requests at once a server answers without making them wait, and finds it again when that changes. */
import { describe, expect, it } from 'vitest'
import { AdaptiveLimit } from '../../src/routing/adaptive-limit.ts'

const ANSWER_MS = 100

/** As many at once as the limit lets through: a server of so many slots makes the others wait their turn. */
function run(
  limit: AdaptiveLimit,
  { slots, rounds, fromMs = 0 }: { slots: number; rounds: number; fromMs?: number },
): number {
  let nowMs = fromMs
  for (let round = 0; round < rounds; round++) {
    const inFlight = limit.limit
    const firstChunkMs = ANSWER_MS * Math.max(1, inFlight / slots)
    nowMs += firstChunkMs
    for (let index = 0; index < inFlight; index++)
      limit.observed({ firstChunkMs, inFlightThen: inFlight }, nowMs)
  }
  return nowMs
}

describe('AdaptiveLimit', () => {
  it.each([4, 16, 64])(
    'settles near what a server of %d slots takes, however long it is overloaded',
    (slots) => {
      const limit = new AdaptiveLimit()
      run(limit, { slots, rounds: 300 })
      const soon = limit.limit
      run(limit, { slots, rounds: 1000 })
      for (const found of [soon, limit.limit]) {
        expect(found).toBeGreaterThanOrEqual(slots * 0.75)
        expect(found).toBeLessThanOrEqual(slots * 3)
      }
    },
  )

  it('does not grow while the server says that requests wait in its own queue', () => {
    const limit = new AdaptiveLimit()
    const before = limit.limit
    const at = (nowMs: number, isQueueing: boolean): void =>
      limit.observed({ firstChunkMs: ANSWER_MS, inFlightThen: limit.limit, isQueueing }, nowMs)
    for (let index = 0; index < 200; index++) at(index * 100, true)
    expect(limit.limit).toBe(before)
    for (let index = 200; index < 400; index++) at(index * 100, false)
    expect(limit.limit).toBeGreaterThan(before)
  })

  it('does not grow where nobody comes near it', () => {
    const limit = new AdaptiveLimit()
    const before = limit.limit
    for (let index = 0; index < 500; index++)
      limit.observed({ firstChunkMs: ANSWER_MS, inFlightThen: 1 }, index * 100)
    expect(limit.limit).toBe(before)
  })

  it('gives way where a server refuses or breaks, once a second, and never below one', () => {
    const limit = new AdaptiveLimit()
    const before = limit.limit
    for (let index = 0; index < 50; index++) limit.failed(0)
    expect(limit.limit).toBe(Math.floor(before * 0.9))
    for (let index = 1; index < 200; index++) limit.failed(index * 1000)
    expect(limit.limit).toBe(1)
  })

  it('comes down with a server that loses half of its slots, and up again', () => {
    const limit = new AdaptiveLimit()
    let nowMs = run(limit, { slots: 32, rounds: 300 })
    const large = limit.limit
    nowMs = run(limit, { slots: 8, rounds: 300, fromMs: nowMs })
    const small = limit.limit
    expect(small).toBeLessThan(large / 2)
    run(limit, { slots: 32, rounds: 300, fromMs: nowMs })
    expect(limit.limit).toBeGreaterThan(small * 2)
  })
})
