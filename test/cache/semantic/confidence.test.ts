import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calibrationOf } from '../../../src/cache/semantic/calibrations.ts'
import { Confidence, type ConfidencePolicy } from '../../../src/cache/semantic/confidence.ts'
import { seeded } from '../../support/seeded.ts'

const POLICY: ConfidencePolicy = { maxWrongRate: 0.005, auditShare: 0.05, firstAudits: 300, judgeError: 0 }
const { curve } = calibrationOf('of nobody')

interface Traffic {
  /** Share of requests that have a candidate. */
  candidates: number
  /** By how much the log odds of a wrong answer lie above the verifier's. */
  shift: number
}

/** Sends requests whose candidates are wrong by chance; tells what was served and wrong, and the worst share so far. */
function send(
  confidence: Confidence,
  { candidates, shift }: Traffic,
  count: number,
  random: () => number,
): { served: number; wrong: number; worst: number } {
  let served = 0
  let wrong = 0
  let worst = 0
  for (let request = 1; request <= count; request++) {
    const odds = -9 + 10 * random()
    const risk = random() < candidates ? 1 / (1 + Math.exp(-odds)) : undefined
    const isWrong = random() < 1 / (1 + Math.exp(-odds - shift))
    const { serve, audit } = confidence.decide(risk)
    if (serve) served++
    if (serve && isWrong) wrong++
    if (risk !== undefined && (audit || !serve)) confidence.judged(risk, { served: serve, wrong: isWrong })
    if (request >= 300) worst = Math.max(worst, wrong / request)
  }
  return { served, wrong, worst }
}

describe('Confidence', () => {
  test('holds the bound once its audits have spoken, and still serves', () => {
    const confidence = new Confidence(POLICY, curve)
    const random = seeded(1)
    send(confidence, { candidates: 0.5, shift: 0 }, 6000, random)
    expect(confidence.report().warming).toBe(false)
    const { served, wrong } = send(confidence, { candidates: 0.5, shift: 0 }, 20_000, random)
    expect(wrong / 20_000).toBeLessThanOrEqual(0.005)
    expect(served / 20_000).toBeGreaterThan(0.1)
  })

  test('never passes 1 % before its audits have spoken, however wrong its candidates are', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: -2, max: 9, noNaN: true }), (seed, shift) => {
        const confidence = new Confidence(POLICY, curve)
        const { worst } = send(confidence, { candidates: 1, shift }, 800, seeded(seed))
        expect(worst).toBeLessThanOrEqual(0.01)
      }),
      { numRuns: 20 },
    )
  })

  test('serves less where workflows are wronger', () => {
    const shares = [0, 2, 4].map((shift) => {
      const confidence = new Confidence(POLICY, curve)
      send(confidence, { candidates: 0.5, shift }, 5000, seeded(3))
      return confidence.report().servedShare
    })
    expect(shares).toEqual([...shares].sort((one, other) => other - one))
    expect(new Set(shares).size).toBe(3)
  })

  test('tightens by itself when answers change, and counts the alarm', () => {
    const confidence = new Confidence(POLICY, curve)
    const random = seeded(5)
    send(confidence, { candidates: 0.5, shift: 0 }, 8000, random)
    const before = confidence.report()
    const { wrong } = send(confidence, { candidates: 0.5, shift: 4 }, 8000, random)
    const after = confidence.report()
    expect(before.alarms).toBe(0)
    expect(after.alarms).toBeGreaterThan(0)
    expect(after.servedShare).toBeLessThan(before.servedShare / 2)
    expect(wrong / 8000).toBeLessThan(0.01)
  })

  test('goes on from its stored state as if nothing had happened', () => {
    const one = new Confidence(POLICY, curve)
    send(one, { candidates: 0.5, shift: 1 }, 3001, seeded(7))
    const stored = JSON.parse(JSON.stringify(one.state()))
    const other = new Confidence(POLICY, curve, stored)
    const again = new Confidence(POLICY, curve, stored)
    expect(send(other, { candidates: 0.5, shift: 1 }, 2000, seeded(8))).toEqual(
      send(again, { candidates: 0.5, shift: 1 }, 2000, seeded(8)),
    )
    expect(other.state()).toEqual(again.state())
  })

  test('serves nothing under a bound of none', () => {
    const confidence = new Confidence({ ...POLICY, maxWrongRate: 0 }, curve)
    expect(send(confidence, { candidates: 1, shift: -2 }, 3000, seeded(9)).served).toBe(0)
  })

  test('reports what it knows by band', () => {
    const confidence = new Confidence(POLICY, curve)
    send(confidence, { candidates: 0.5, shift: 0 }, 6000, seeded(11))
    const { bands, riskThreshold, upperBound, audited, wrongPerHit } = confidence.report()
    expect(upperBound).toBeGreaterThan(0)
    expect(upperBound).toBeLessThanOrEqual(POLICY.maxWrongRate)
    expect(audited).toBeGreaterThanOrEqual(POLICY.firstAudits)
    expect(wrongPerHit[0]).toBeLessThan(wrongPerHit[1])
    expect(bands.filter(({ served }) => served).every(({ riskUpTo }) => riskUpTo <= riskThreshold)).toBe(true)
    expect(confidence.decide(Math.min(1, riskThreshold * 1.5)).serve).toBe(false)
  })

  test('audits every hit at first, its share afterwards, and more after a wrong one', () => {
    const confidence = new Confidence({ ...POLICY, maxWrongRate: 0.5, firstAudits: 20 }, curve)
    const audits = (count: number): number => {
      let audited = 0
      for (let request = 0; request < count; request++) {
        const { audit } = confidence.decide(0.00001)
        if (!audit) continue
        audited++
        confidence.judged(0.00001, { served: true, wrong: false })
      }
      return audited
    }
    for (let request = 0; request < 500; request++) confidence.decide(undefined)
    expect(audits(20)).toBe(20)
    expect(audits(200)).toBe(10)
    confidence.judged(0.00001, { served: true, wrong: true })
    expect(audits(30)).toBe(30)
  })
})

test('what would be decided changes nothing, and is what is decided next', () => {
  const risks = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(risks, (all) => {
      const confidence = new Confidence({ ...POLICY, maxWrongRate: 0.05 }, curve)
      for (const risk of all) {
        const before = confidence.state()
        const would = confidence.wouldDecide(risk)
        expect(confidence.state()).toEqual(before)
        const { serve } = confidence.decide(risk)
        // A request that counts adds to what may be risked.
        if (would.serve) expect(serve).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})
