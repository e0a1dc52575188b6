import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryRateLimiter, type RateLimit } from '../../src/access/rate-limit.ts'

const limit = (id: string, bounds: Partial<RateLimit>): RateLimit => ({
  id,
  label: id,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  ...bounds,
})
const ONE = { requests: 1, tokens: 0 }
const tokens = (count: number) => ({ requests: 0, tokens: count })

describe('take', () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    amount: fc.integer({ min: 1, max: 150 }),
    subjects: fc.constantFrom<(readonly number[])[]>([0], [1], [0, 1]),
  })

  test('lets no span of time use more than a full bucket and what flows in meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (steps, perMinute) => {
          const limits = [
            limit('a', { tokensPerMinute: perMinute }),
            limit('b', { tokensPerMinute: 2 * perMinute }),
          ]
          const limiter = new MemoryRateLimiter()
          const taken: { at: number; amount: number; subjects: readonly number[] }[] = []
          let now = 0
          for (const { afterMs, amount, subjects } of steps) {
            now += afterMs
            const asked = Math.min(amount, perMinute)
            const of = subjects.map((subject) => limits[subject] as RateLimit)
            if (limiter.take(of, tokens(asked), now).kind === 'allowed') {
              taken.push({ at: now, amount: asked, subjects })
            }
          }
          for (const [subject, { tokensPerMinute = 0 }] of limits.entries()) {
            const own = taken.filter(({ subjects }) => subjects.includes(subject))
            for (const [first, { at: from }] of own.entries()) {
              let sum = 0
              for (const { at, amount } of own.slice(first)) {
                sum += amount
                expect(sum).toBeLessThanOrEqual(tokensPerMinute * (1 + (at - from) / 60_000) + 1e-6)
              }
            }
          }
        },
      ),
    )
  })

  test('lets what it refused pass after the time that it told, and not a thousandth sooner', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        (perMinute, wanted) => {
          const limits = [limit('a', { tokensPerMinute: perMinute })]
          const limiter = new MemoryRateLimiter()
          limiter.take(limits, tokens(perMinute), 0)
          const refused = limiter.take(limits, tokens(wanted), 0)
          if (refused.kind !== 'refused') throw new Error('an empty bucket gave')
          const { retryAfterMs } = refused
          expect(limiter.take(limits, tokens(wanted), retryAfterMs * 0.999)).toMatchObject({
            kind: 'refused',
          })
          expect(limiter.take(limits, tokens(wanted), retryAfterMs + 0.01)).toEqual({ kind: 'allowed' })
        },
      ),
    )
  })

  test('takes from all limits or from none, and names the one that takes longest', () => {
    const key = limit('key', { requestsPerMinute: 10 })
    const team = limit('team', { requestsPerMinute: 1, tokensPerMinute: 60 })
    const limiter = new MemoryRateLimiter()
    expect(limiter.take([key, team], ONE, 0)).toEqual({ kind: 'allowed' })
    for (let times = 0; times < 3; times++) {
      expect(limiter.take([key, team], ONE, 0)).toEqual({
        kind: 'refused',
        limit: team,
        unit: 'requests',
        perMinute: 1,
        retryAfterMs: 60_000,
      })
    }
    expect(limiter.standing([key], 'requests', 0)).toMatchObject({ remaining: 9 })
    expect(limiter.take([key], ONE, 0)).toEqual({ kind: 'allowed' })
  })

  test('lets a request of more than a minute through a full bucket', () => {
    const limits = [limit('a', { tokensPerMinute: 100 })]
    const limiter = new MemoryRateLimiter()
    expect(limiter.take(limits, tokens(5000), 0)).toEqual({ kind: 'allowed' })
    expect(limiter.take(limits, tokens(5000), 30_000)).toMatchObject({
      kind: 'refused',
      retryAfterMs: 30_000,
    })
    expect(limiter.take(limits, tokens(5000), 60_000)).toEqual({ kind: 'allowed' })
  })
})

describe('settle', () => {
  test('charges what was used in the place of what was taken, and lets it be owed', () => {
    const limits = [limit('a', { tokensPerMinute: 60 })]
    const limiter = new MemoryRateLimiter()
    limiter.take(limits, tokens(50), 0)
    limiter.settle(limits, 50, 20, 0)
    expect(limiter.standing(limits, 'tokens', 0)).toEqual({ perMinute: 60, remaining: 40, resetMs: 20_000 })
    limiter.take(limits, tokens(10), 0)
    limiter.settle(limits, 10, 100, 0)
    expect(limiter.standing(limits, 'tokens', 0)).toEqual({ perMinute: 60, remaining: 0, resetMs: 120_000 })
    expect(limiter.take(limits, tokens(1), 0)).toMatchObject({ kind: 'refused', retryAfterMs: 61_000 })
  })

  test('never fills a bucket beyond a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 90_000 }), (taken, afterMs) => {
        const limits = [limit('a', { tokensPerMinute: 100 })]
        const limiter = new MemoryRateLimiter()
        limiter.take(limits, tokens(taken), 0)
        limiter.settle(limits, taken, 0, afterMs)
        expect(limiter.standing(limits, 'tokens', afterMs)).toEqual({
          perMinute: 100,
          remaining: 100,
          resetMs: 0,
        })
      }),
    )
  })
})

test('standing tells of the limit of which the least is left, and nothing where none bounds the unit', () => {
  const key = limit('key', { requestsPerMinute: 100 })
  const team = limit('team', { requestsPerMinute: 4 })
  const limiter = new MemoryRateLimiter()
  limiter.take([key, team], ONE, 0)
  expect(limiter.standing([key, team], 'requests', 0)).toEqual({
    perMinute: 4,
    remaining: 3,
    resetMs: 15_000,
  })
  expect(limiter.standing([key, team], 'tokens', 0)).toBeUndefined()
})
