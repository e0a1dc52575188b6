/** Each strategy: what it goes by, and what holds for all of them. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  type Asked,
  type Candidate,
  STRATEGIES,
  type StrategyName,
} from '../../../src/routing/balance/candidate.ts'
import { FirstChunkRate } from '../../../src/routing/balance/first-chunk-rate.ts'
import { STRATEGY } from '../../../src/routing/balance/strategies.ts'
import { seeded } from '../../support/seeded.ts'

function candidate(more: Partial<Candidate> = {}): Candidate {
  return {
    id: 'r',
    isAvailable: true,
    inFlight: 0,
    othersInFlight: 0,
    waiting: undefined,
    kvUsage: undefined,
    inFlightUncachedTokens: 0,
    cachedTokens: 0,
    firstChunkMsPerToken: undefined,
    capacity: undefined,
    headroom: undefined,
    costNanoUsd: undefined,
    lastColdAtMs: 0,
    weight: 1,
    ...more,
  }
}

const candidates = (...all: readonly Partial<Candidate>[]) =>
  all.map((more, index) => candidate({ id: `r${index}`, ...more }))

/** `random` in the middle: nothing is explored. */
function asked(more: Partial<Asked> = {}): Asked {
  return { promptTokens: 10_000, nowMs: 1000, random: () => 0.5, sessionHash: 7, ...more }
}

const choose = (by: StrategyName, all: readonly Candidate[], more: Partial<Asked> = {}) =>
  STRATEGY[by](all, asked(more))

const anyCandidate = fc.record({
  isAvailable: fc.boolean(),
  inFlight: fc.nat(30),
  othersInFlight: fc.nat(30),
  waiting: fc.option(fc.nat(50), { nil: undefined }),
  kvUsage: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  inFlightUncachedTokens: fc.nat(100_000),
  cachedTokens: fc.nat(10_000),
  firstChunkMsPerToken: fc.option(fc.double({ min: 0.001, max: 10, noNaN: true }), { nil: undefined }),
  capacity: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  headroom: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  costNanoUsd: fc.option(fc.nat(1e9), { nil: undefined }),
  lastColdAtMs: fc.nat(1000),
})

describe.each([...STRATEGIES])('%s', (by) => {
  test('names one of the candidates, that answers and has a slot where any does', () => {
    const all = fc.array(anyCandidate, { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(
        all,
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        fc.nat(0xffffffff),
        (made, drawn, hash) => {
          const given = candidates(...made)
          const found = given[choose(by, given, { random: () => drawn, sessionHash: hash })]
          expect(found).toBeDefined()
          const hasSlot = ({ inFlight, capacity }: Candidate) => capacity === undefined || inFlight < capacity
          if (given.some(({ isAvailable }) => isAvailable)) expect(found?.isAvailable).toBe(true)
          if (given.some((it) => it.isAvailable && hasSlot(it))) expect(found && hasSlot(found)).toBe(true)
        },
      ),
    )
  })
})

describe('prefix', () => {
  const warm = { cachedTokens: 9000 }

  it('stays where the prompt is cached, though that is busier', () => {
    expect(choose('prefix', candidates({}, { ...warm, inFlight: 5, inFlightUncachedTokens: 3000 }, {}))).toBe(
      1,
    )
  })

  it('moves on where waiting takes longer than computing it twice', () => {
    expect(choose('prefix', candidates({}, { ...warm, inFlight: 5, inFlightUncachedTokens: 40_000 }))).toBe(0)
    const slow = { ...warm, firstChunkMsPerToken: 5 }
    expect(choose('prefix', candidates({ firstChunkMsPerToken: 0.05 }, slow))).toBe(0)
  })

  it('leaves a hot replica, however much of the prompt it has', () => {
    const hot = { cachedTokens: 10_000, inFlight: 80 }
    expect(choose('prefix', candidates({ inFlight: 3 }, hot, { inFlight: 2 }))).not.toBe(1)
  })

  it.each([
    ['a long queue', { waiting: 5 }],
    ['a full KV cache', { kvUsage: 0.96 }],
  ])('leaves a replica that says it has %s, unless all do', (_, full) => {
    expect(choose('prefix', candidates({}, { ...warm, ...full }, {}))).not.toBe(1)
    expect(choose('prefix', candidates(full, { ...warm, ...full }, full))).toBe(1)
  })

  it('stays where little waits and the KV cache has room', () => {
    expect(choose('prefix', candidates({}, { ...warm, waiting: 4, kvUsage: 0.9 }, {}))).toBe(1)
  })

  it('moves on where others keep it busy', () => {
    const all = candidates({}, { ...warm, othersInFlight: 300 })
    expect(choose('prefix', all)).toBe(0)
    expect(choose('prefix', candidates({ othersInFlight: 1 }, {}), { promptTokens: 100 })).toBe(1)
  })

  it('leaves the next turn of a conversation where it is, though others are less busy', () => {
    const hot = { cachedTokens: 9000, inFlight: 12, inFlightUncachedTokens: 8000 }
    const all = candidates({ inFlight: 1 }, hot, { inFlight: 2 })
    // Many begin alike: a second one comes to hold it.
    expect(choose('prefix', all)).not.toBe(1)
    expect(choose('prefix', all, { continues: true })).toBe(1)
    // Not at any price.
    const stuck = candidates({ inFlight: 1 }, { ...hot, inFlightUncachedTokens: 60_000 }, {})
    expect(choose('prefix', stuck, { continues: true })).not.toBe(1)
  })

  it('has one that stands idle come to hold what many begin with, where its holders have many under way', () => {
    const asked = { promptTokens: 4200 }
    const holder = (inFlight: number) => ({ cachedTokens: 4000, inFlight })
    expect(choose('prefix', candidates(holder(7), {}, holder(9)), asked)).toBe(0)
    expect(choose('prefix', candidates(holder(8), {}, holder(9)), asked)).toBe(1)
    expect(choose('prefix', candidates(holder(8), { inFlight: 1 }, holder(9)), asked)).toBe(0)
    expect(choose('prefix', candidates(holder(8), {}, holder(9)), { ...asked, continues: true })).toBe(0)
  })

  it('gives a prompt that nobody holds to the one that was longest without one', () => {
    const all = candidates({ lastColdAtMs: 30 }, { lastColdAtMs: 10 }, { lastColdAtMs: 20 })
    expect(choose('prefix', all)).toBe(1)
    expect(
      choose(
        'prefix',
        candidates({ lastColdAtMs: 10, inFlight: 6, inFlightUncachedTokens: 30_000 }, { lastColdAtMs: 90 }),
      ),
    ).toBe(1)
  })

  it('does not gather all at the one that holds the few tokens which all share', () => {
    const shared = { cachedTokens: 400, lastColdAtMs: 90 }
    expect(choose('prefix', candidates({ lastColdAtMs: 20 }, shared, { lastColdAtMs: 10 }))).toBe(2)
  })

  it('gives what is soon computed to the one that answers the fewest', () => {
    const all = candidates({ inFlight: 2, cachedTokens: 200 }, { inFlight: 1 }, { inFlight: 3 })
    expect(choose('prefix', all, { promptTokens: 300 })).toBe(1)
  })

  it('explores with about one in a hundred of the prompts that nobody holds, and with no other', () => {
    const random = seeded(3)
    const busy = { inFlight: 9, inFlightUncachedTokens: 50_000 }
    const away = (all: readonly Candidate[]): number => {
      let count = 0
      for (let times = 0; times < 20_000; times++) if (choose('prefix', all, { random }) !== 1) count++
      return count
    }
    expect(away(candidates(busy, {}, busy, busy))).toBeGreaterThan(75)
    expect(away(candidates(busy, {}, busy, busy))).toBeLessThan(300)
    expect(away(candidates({}, { ...warm }, {}, {}))).toBe(0)
  })
})

describe('least_busy', () => {
  it('goes by requests, then by prefill', () => {
    expect(
      choose('least_busy', candidates({ inFlight: 2 }, { inFlight: 1, inFlightUncachedTokens: 9e5 })),
    ).toBe(1)
    expect(
      choose('least_busy', candidates({ inFlightUncachedTokens: 9 }, { inFlightUncachedTokens: 8 })),
    ).toBe(1)
  })

  it('counts the requests of others as its own', () => {
    expect(choose('least_busy', candidates({ othersInFlight: 3 }, { inFlight: 2 }))).toBe(1)
    expect(choose('least_busy', candidates({ othersInFlight: 1 }, { inFlight: 2 }))).toBe(0)
  })
})

describe('latency', () => {
  it('takes the sooner of any two, so that the slowest is never asked', () => {
    const random = seeded(5)
    const all = candidates(
      { firstChunkMsPerToken: 1 },
      { firstChunkMsPerToken: 9 },
      { firstChunkMsPerToken: 2 },
    )
    const chosen = new Set<number>()
    for (let times = 0; times < 200; times++) chosen.add(choose('latency', all, { random }))
    expect([...chosen].sort()).toEqual([0, 2])
  })
})

describe('FirstChunkRate', () => {
  it('takes a peak at once, sinks by time, and is unknown at last', () => {
    const rate = new FirstChunkRate()
    expect(rate.msPerToken(0)).toBeUndefined()
    rate.observed(1000, 1000, 0)
    expect(rate.msPerToken(0)).toBeCloseTo(1)
    rate.observed(9000, 1000, 10)
    expect(rate.msPerToken(10)).toBeCloseTo(9)
    rate.observed(1000, 1000, 15_010)
    expect(rate.msPerToken(15_010)).toBeGreaterThan(3)
    expect(rate.msPerToken(15_010)).toBeLessThan(5)
    expect(rate.msPerToken(200_000)).toBeUndefined()
  })

  it('sinks to what is usual, so that who is idle does not seem to prefill at once', () => {
    const rate = new FirstChunkRate()
    for (let times = 0; times < 50; times++) rate.observed(1000, 16_000, times)
    rate.observed(4000, 16_000, 50)
    expect(rate.msPerToken(50)).toBeCloseTo(0.25)
    const idle = rate.msPerToken(45_000) ?? 0
    expect(idle).toBeGreaterThan(0.06)
    expect(idle).toBeLessThan(0.1)
  })
})

describe('usage', () => {
  it('goes by whichever limit is nearest', () => {
    const all = candidates(
      { headroom: 0.1 },
      { inFlight: 5, capacity: 10 },
      { headroom: 0.1, inFlight: 0 },
      { inFlight: 6, capacity: 10 },
    )
    expect(choose('usage', all)).toBe(1)
  })

  it('takes a KV cache for a limit, and the requests of others for a share of the slots', () => {
    const all = candidates(
      { kvUsage: 0.9 },
      { inFlight: 2, othersInFlight: 6, capacity: 10 },
      { inFlight: 9, capacity: 10 },
    )
    expect(choose('usage', all)).toBe(1)
  })
})

describe('cost', () => {
  it('goes by price; what has none is not known to be cheap', () => {
    expect(choose('cost', candidates({}, { costNanoUsd: 50 }, { costNanoUsd: 40 }))).toBe(2)
  })

  it('goes by what is cached where nothing has a price', () => {
    expect(choose('cost', candidates({ cachedTokens: 10 }, { cachedTokens: 5000, inFlight: 3 }))).toBe(1)
  })
})

describe('hybrid', () => {
  const cheapAndSlow = { costNanoUsd: 10, firstChunkMsPerToken: 1 }
  const dearAndFast = { costNanoUsd: 100, firstChunkMsPerToken: 0.1 }

  it('goes by what is weighed more', () => {
    const all = candidates(cheapAndSlow, dearAndFast)
    expect(choose('hybrid', all, { weights: { cost: 0.9, latency: 0.1 } })).toBe(0)
    expect(choose('hybrid', all, { weights: { cost: 0.1, latency: 0.9 } })).toBe(1)
  })
})

describe('session', () => {
  const idle = candidates(...Array.from({ length: 8 }, () => ({})))

  it('keeps a session where it is, and moves only those of a replica that is gone', () => {
    for (let hash = 1; hash < 200; hash++) {
      const sessionHash = (hash * 2_654_435_761) % 0x100000000
      const before = choose('session', idle, { sessionHash })
      const without = idle.map((it, index) => (index === 3 ? { ...it, isAvailable: false } : it))
      const after = choose('session', without, { sessionHash })
      if (before === 3) expect(after).not.toBe(3)
      else expect(after).toBe(before)
    }
  })

  it('leaves a replica that others have more than its share of', () => {
    const at = choose('session', idle)
    const busy = idle.map((it, index) => (index === at ? { ...it, othersInFlight: 9 } : it))
    expect(choose('session', busy)).not.toBe(at)
  })

  test('nobody has more than 1.25 times the mean', () => {
    const load = idle.map(() => 0)
    for (let count = 1; count <= 400; count++) {
      const all = idle.map((it, index) => ({ ...it, inFlight: load[index] ?? 0 }))
      // All of one session, which would go to one replica.
      const index = choose('session', all, { sessionHash: 11 })
      load[index] = (load[index] ?? 0) + 1
      expect(Math.max(...load)).toBeLessThanOrEqual(Math.ceil((1.25 * count) / load.length))
    }
  })
})

describe('weighted and priority', () => {
  it('draws in proportion to weight', () => {
    const random = seeded(9)
    const all = candidates({ weight: 3 }, { weight: 1 })
    let first = 0
    for (let times = 0; times < 4000; times++) if (choose('weighted', all, { random }) === 0) first++
    expect(first / 4000).toBeGreaterThan(0.7)
    expect(first / 4000).toBeLessThan(0.8)
  })

  it('takes the first that answers', () => {
    expect(choose('priority', candidates({ isAvailable: false }, { inFlight: 9 }, {}))).toBe(1)
  })
})
