/** What providers tell of their rate limits is read as they write it, and held to. */
import { describe, expect, it } from 'vitest'
import { readRateHeaders } from '../../src/routing/rate-headers.ts'
import { RateHeadroom } from '../../src/routing/rate-headroom.ts'

const NOW = Date.parse('2026-11-26T12:00:00Z')

const openai = (remaining: number, reset: string, limit = 10_000) => [
  'X-RateLimit-Limit-Tokens',
  String(limit),
  'x-ratelimit-remaining-tokens',
  String(remaining),
  'x-ratelimit-reset-tokens',
  reset,
]

function headroom(headers: readonly string[], nowMs = 0): RateHeadroom {
  const made = new RateHeadroom()
  made.told('r', 'm', [...headers], { now: () => NOW, elapsedMs: () => nowMs })
  return made
}

describe('readRateHeaders', () => {
  it.each([
    ['6m0s', 360_000],
    ['1m30.5s', 90_500],
    ['20ms', 20],
    ['1h0m1s', 3_601_000],
    ['59.70', 59_700],
    ['2026-11-26T12:00:30Z', 30_000],
    ['2026-11-26T11:00:00Z', 0],
  ])('reads the reset %s', (reset, resetMs) => {
    const read = readRateHeaders(openai(1, reset), { now: () => NOW })
    expect(read?.tokens).toEqual({ limit: 10_000, remaining: 1, resetMs })
  })

  it.each(['soon', '', '-1s', '1x', '2026-13-45T00:00:00Z'])('knows nothing of the reset %j', (reset) => {
    expect(readRateHeaders(openai(1, reset), { now: () => NOW })).toBeUndefined()
  })

  it('reads Anthropic’s, the input apart', () => {
    const headers = [
      'requests-limit',
      '50',
      'requests-remaining',
      '49',
      'requests-reset',
      '2026-11-26T12:00:01Z',
    ]
    const tokens = [
      'input-tokens-limit',
      '40000',
      'input-tokens-remaining',
      '7',
      'input-tokens-reset',
      '2026-11-26T12:01:00Z',
    ]
    const both = ['tokens-limit', '48000', 'tokens-remaining', '9', 'tokens-reset', '2026-11-26T12:00:59Z']
    const named = [...headers, ...tokens, ...both].map((text, index) =>
      index % 2 === 0 ? `anthropic-ratelimit-${text}` : text,
    )
    expect(readRateHeaders(named, { now: () => NOW })).toEqual({
      requests: { limit: 50, remaining: 49, resetMs: 1000 },
      tokens: { limit: 40_000, remaining: 7, resetMs: 60_000 },
    })
  })

  it('is not misled by what other headers say', () => {
    const headers = [
      'x-request-id',
      'r',
      'access-control-expose-headers',
      'x',
      'x-ratelimit-remaining-tokens-image',
      '1',
    ]
    expect(readRateHeaders(headers, { now: () => NOW })).toBeUndefined()
  })
})

describe('RateHeadroom', () => {
  it('holds back what exceeds the rest, until as much has come back', () => {
    const known = headroom(openai(100, '10s'))
    expect(known.waitMs('r', 'm', 100, 0)).toBe(0)
    // 9,900 come back in 10 s, evenly.
    expect(known.waitMs('r', 'm', 1090, 0)).toBe(1000)
    expect(known.waitMs('r', 'm', 1090, 1000)).toBe(0)
    expect(known.waitMs('r', 'm', 50_000, 0)).toBe(10_000)
    expect(known.waitMs('r', 'm', 50_000, 10_000)).toBe(0)
    expect(known.waitMs('r', 'other', 50_000, 0)).toBe(0)
    expect(known.waitMs('other', 'm', 50_000, 0)).toBe(0)
  })

  it('counts what was sent since, until the provider tells again', () => {
    const known = headroom(openai(1000, '10s'))
    known.spend('r', 'm', 900)
    expect(known.waitMs('r', 'm', 200, 0)).toBeGreaterThan(0)
    known.told('r', 'm', openai(1000, '10s'), { now: () => NOW, elapsedMs: () => 0 })
    expect(known.waitMs('r', 'm', 200, 0)).toBe(0)
  })

  it('tells the smallest share that is left', () => {
    const requests = [
      'x-ratelimit-limit-requests',
      '100',
      'x-ratelimit-remaining-requests',
      '25',
      'x-ratelimit-reset-requests',
      '1s',
    ]
    expect(headroom([...openai(5000, '1s'), ...requests]).share('r', 'm', 0)).toBe(0.25)
    expect(headroom([]).share('r', 'm', 0)).toBeUndefined()
  })

  it('a request waits for the reset where the provider does not tell its limit', () => {
    const known = headroom(openai(0, '2s').slice(2))
    expect(known.waitMs('r', 'm', 1, 1500)).toBe(500)
    expect(known.waitMs('r', 'm', 1, 2000)).toBe(0)
  })
})
