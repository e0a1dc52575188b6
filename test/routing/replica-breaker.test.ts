/** A breaker opens on many faults, probes one at a time, and closes after probes that went well. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReplicaBreaker } from '../../src/routing/replica-breaker.ts'

function opened(): ReplicaBreaker {
  const breaker = new ReplicaBreaker(0)
  for (let times = 0; times < 10; times++) breaker.ended('bad', { sinceMs: 0, isProbe: false }, 0)
  expect(breaker.state(0)).toBe('open')
  return breaker
}

/** When it may be probed next, at or after `fromMs`. */
function probeAt(breaker: ReplicaBreaker, fromMs: number): number {
  let nowMs = fromMs
  while (breaker.state(nowMs) !== 'probe') nowMs += 100
  return nowMs
}

function probe(breaker: ReplicaBreaker, outcome: 'well' | 'bad', nowMs: number): void {
  expect(breaker.began(nowMs)).toBe(true)
  breaker.ended(outcome, { sinceMs: nowMs, isProbe: true }, nowMs)
}

describe('ReplicaBreaker', () => {
  it('stays closed while most requests go well, whatever their number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (count) => {
        const breaker = new ReplicaBreaker(0)
        for (let index = 0; index < count; index++) {
          const outcome = index % 3 === 2 ? 'bad' : 'well'
          breaker.ended(outcome, { sinceMs: index, isProbe: false }, index * 10)
        }
        expect(breaker.state(count * 10)).toBe('closed')
      }),
    )
  })

  it('forgets what was longer ago than its window', () => {
    const breaker = new ReplicaBreaker(0)
    for (let index = 0; index < 9; index++) breaker.ended('bad', { sinceMs: 0, isProbe: false }, 0)
    breaker.ended('bad', { sinceMs: 20_000, isProbe: false }, 20_000)
    expect(breaker.state(20_000)).toBe('closed')
  })

  it('is probed by one request at a time, and closes after three that went well', () => {
    const breaker = opened()
    const nowMs = probeAt(breaker, 0)
    expect(breaker.began(nowMs)).toBe(true)
    expect(breaker.began(nowMs)).toBe(false)
    expect(breaker.state(nowMs)).toBe('open')
    breaker.ended('well', { sinceMs: nowMs, isProbe: true }, nowMs)
    probe(breaker, 'well', nowMs)
    expect(breaker.state(nowMs)).toBe('probe')
    probe(breaker, 'well', nowMs)
    expect(breaker.state(nowMs)).toBe('closed')
  })

  it('waits twice as long after each probe that went badly, up to half a minute', () => {
    const breaker = opened()
    let nowMs = 0
    const pauses: number[] = []
    for (let times = 0; times < 8; times++) {
      const probedMs = probeAt(breaker, nowMs)
      pauses.push(probedMs - nowMs)
      probe(breaker, 'bad', probedMs)
      nowMs = probedMs
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  it('is not closed by what was under way when it opened', () => {
    const breaker = opened()
    for (let times = 0; times < 20; times++) breaker.ended('well', { sinceMs: -1, isProbe: false }, 500)
    expect(breaker.state(500)).toBe('open')
  })

  it('never lets a second probe in before the first has ended, whatever happens', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 3000 }),
      outcome: fc.constantFrom('well', 'bad', 'neutral', 'late'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const breaker = opened()
        let nowMs = 0
        let probing: { sinceMs: number } | undefined
        for (const { afterMs, outcome } of steps) {
          nowMs += afterMs
          const isProbe = breaker.began(nowMs)
          if (isProbe) expect(probing).toBeUndefined()
          if (isProbe) probing = { sinceMs: nowMs }
          else if (probing !== undefined) {
            breaker.ended(outcome as 'well', { sinceMs: probing.sinceMs, isProbe: true }, nowMs)
            probing = undefined
          }
        }
      }),
    )
  })
})
