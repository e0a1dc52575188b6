import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReuseTimes } from '../../src/metering/prefix/reuse-times.ts'
import { markChoice, type PrefixRates } from '../../src/routing/mark-choice.ts'
import { ReuseIntervals } from '../../src/routing/reuse-intervals.ts'

const MINUTE = 60_000
const unmeasured = () => undefined
/** Sonnet 5.5's prices, nano-dollars a token. */
const RATES: PrefixRates = { input: 2000, read: 100, write: { '5m': 2500, '1h': 4000 } }

function choiceAfter(use: (reuse: ReuseIntervals) => void, kind: 'head' | 'opening' | 'turn' = 'head') {
  const reuse = new ReuseIntervals(unmeasured)
  use(reuse)
  return markChoice(reuse.odds('w', kind, kind === 'head' ? 'p' : 'new'), RATES)
}

describe('what a workflow shows of its prompts', () => {
  it('is hoped to be reuse, before it has shown anything', () => {
    expect(choiceAfter(() => {})).toBe('5m')
  })

  it('ends marks where a dozen prompts were never sent again, and takes them up once such are', () => {
    const reuse = new ReuseIntervals(unmeasured)
    let marks = 0
    for (let index = 0; index < 1000; index++)
      if (markChoice(reuse.used('w', 'head', `${index}`, index * 1000), RATES) !== undefined) marks++
    expect(marks).toBeLessThan(15)
    let since = 0
    while (markChoice(reuse.used('w', 'head', 'same', 1e6 + since * MINUTE), RATES) === undefined) since++
    expect(since).toBeLessThan(4)
  })

  it.each([
    [2, '5m'],
    [20, '1h'],
    [90, undefined],
  ])('chooses for prompts that come again after %i minutes: %s', (minutes, expected) => {
    const chosen = choiceAfter((reuse) => {
      for (let index = 0; index < 40; index++) reuse.used('w', 'head', 'p', index * minutes * MINUTE)
    })
    expect(chosen).toBe(expected)
  })

  it('keeps apart what is shared, how conversations open, and how they go on', () => {
    const use = (reuse: ReuseIntervals) => {
      for (let index = 0; index < 60; index++) {
        reuse.used('w', 'head', 'p', index * 1000)
        reuse.used('w', 'opening', `conversation ${index}`, index * 1000)
      }
    }
    expect(choiceAfter(use, 'head')).toBe('5m')
    expect(choiceAfter(use, 'opening')).toBeUndefined()
    expect(choiceAfter(use, 'turn')).toBe('5m')
  })

  it('learns of openings by what follows them', () => {
    const use = (reuse: ReuseIntervals) => {
      for (let index = 0; index < 40; index++) {
        reuse.used('w', 'opening', `c${index}`, index * 1000)
        reuse.used('w', 'turn', `c${index}`, index * 1000 + 500)
      }
    }
    expect(choiceAfter(use, 'opening')).toBe('5m')
    // Half of what it was marked for came; nobody went on a second time.
    expect(choiceAfter(use, 'turn')).toBeUndefined()
  })

  it('is hoped to be what the ledger has of it, once that is enough, until it shows otherwise', () => {
    const times = new ReuseTimes()
    const reuse = new ReuseIntervals((workflow) => (workflow === 'w' ? times : undefined))
    const chosen = (workflow = 'w') => markChoice(reuse.odds(workflow, 'head', 'new'), RATES)
    times.add(0, 19)
    expect(chosen()).toBe('5m')
    times.add(0)
    expect(chosen()).toBeUndefined()
    expect(chosen('other')).toBe('5m')
    // Two thirds within the hour, and few of these within five minutes.
    times.add(1800, 40)
    expect(chosen()).toBe('1h')
    times.add(0, 1000)
    let uses = 0
    while (markChoice(reuse.used('w', 'head', 'same', uses * MINUTE), RATES) === undefined) uses++
    expect(uses).toBeLessThan(4)
  })

  it('is forgotten of the oldest prompts, and stays a probability', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(90)), { maxLength: 900 }), (uses) => {
        const reuse = new ReuseIntervals(unmeasured, 8)
        let nowMs = 0
        for (const [prefix, minutes] of uses) {
          nowMs += minutes * MINUTE
          const { within5m, within30m, within1h } = reuse.used('w', 'head', `${prefix}`, nowMs)
          expect(within5m).toBeGreaterThanOrEqual(0)
          expect(within5m).toBeLessThanOrEqual(within30m)
          expect(within30m).toBeLessThanOrEqual(within1h)
          expect(within1h).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})

describe('a mark', () => {
  const odds = (within5m: number, within1h = within5m) => ({ within5m, within30m: within5m, within1h })

  // By hand: (2500 - 2000) / (2500 - 100) is 0.2083, and (4000 - 2000) / (4000 - 100) is 0.5128.
  it.each([
    [odds(0.2, 0.5), undefined],
    [odds(0.22), '5m'],
    [odds(0.2, 0.52), '1h'],
    [odds(0.9), '5m'],
    [odds(0.3, 0.95), '1h'],
  ] as const)('pays, or does not, at %j', (given, expected) => {
    expect(markChoice(given, RATES)).toBe(expected)
  })

  it('costs nothing where writing does not, and is not worth it where nothing is gained', () => {
    expect(markChoice(odds(0.01), { input: 2, read: 1, write: { '30m': 2 } })).toBe('30m')
    expect(markChoice(odds(1), { input: 2, read: 2, write: { '5m': 2 } })).toBeUndefined()
    expect(markChoice(odds(1), { input: 2, read: 1, write: {} })).toBeUndefined()
  })
})
