import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { spanAt } from '../../src/metering/budget-period.ts'

const iso = (at: number): string => new Date(at).toISOString()

describe('spanAt', () => {
  test.each([
    ['day', 'UTC', '2026-11-25T12:00:00.000Z', '2026-11-25T00:00:00.000Z', '2026-11-26T00:00:00.000Z'],
    ['day', 'Asia/Tokyo', '2026-11-25T16:00:00.000Z', '2026-11-25T15:00:00.000Z', '2026-11-26T15:00:00.000Z'],
    // Clocks go back: a day of 25 hours.
    [
      'day',
      'Europe/Berlin',
      '2026-10-25T12:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    ['week', 'UTC', '2026-11-29T23:59:59.999Z', '2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['month', 'UTC', '2026-12-31T23:00:00.000Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    [
      'month',
      'America/New_York',
      '2026-11-01T03:00:00.000Z',
      '2026-10-01T04:00:00.000Z',
      '2026-11-01T04:00:00.000Z',
    ],
  ] as const)('a %s in %s at %s', (kind, timeZone, at, start, end) => {
    const span = spanAt({ kind, timeZone }, Date.parse(at))
    expect([iso(span.start), iso(span.end), span.since === span.start]).toEqual([start, end, true])
  })

  test('holds its instant, and the next begins where it ends', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kolkata', 'Pacific/Apia')
    const kinds = fc.constantFrom('day', 'week', 'month')
    const instants = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) })
    fc.assert(
      fc.property(kinds, zones, instants, (kind, timeZone, at) => {
        const { start, end } = spanAt({ kind, timeZone }, at)
        expect(start <= at && at < end).toBe(true)
        expect(spanAt({ kind, timeZone }, end).start).toBe(end)
        expect(spanAt({ kind, timeZone }, start)).toMatchObject({ start, end })
      }),
    )
  })

  test('a rolling period counts all of itself, and at most a fortieth more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60_000, max: 1e10 }), fc.integer({ min: 1e11, max: 2e12 }), (ms, at) => {
        const { start, since, end } = spanAt({ kind: 'rolling', ms }, at)
        expect(start <= at && at < end).toBe(true)
        expect(since).toBeLessThanOrEqual(at - ms)
        expect(at - since).toBeLessThan(ms + Math.max(ms / 20, 3000))
      }),
    )
  })
})
