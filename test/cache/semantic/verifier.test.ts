import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calibrationOf } from '../../../src/cache/semantic/calibrations.ts'
import { readQuestion } from '../../../src/cache/semantic/question-reading.ts'
import { residueOf } from '../../../src/cache/semantic/residue.ts'
import { BAND_COUNT, bandOf, highestRiskOf } from '../../../src/cache/semantic/risk-bands.ts'
import { TermFrequencies } from '../../../src/cache/semantic/term-frequencies.ts'
import { logDistance, oneSidedOdds, riskOf } from '../../../src/cache/semantic/verifier.ts'

const minilm = calibrationOf('minilm-int8-mean256-0123456789abcdef')
const risk = (asked: string, remembered: string, similarity: number): number =>
  riskOf(similarity, residueOf(readQuestion(asked), readQuestion(remembered), new TermFrequencies()), minilm)

describe('riskOf', () => {
  test('falls as the similarity rises', () => {
    const question = 'How do I change a tire?'
    const risks = [0.7, 0.9, 0.97, 1].map((similarity) => risk(question, question, similarity))
    expect(risks).toEqual([...risks].sort((one, other) => other - one))
    expect(risks.at(-1)).toBeLessThan(0.001)
  })

  test('is higher where one question says a word more and the other nothing in its place', () => {
    const plain = 'How do I change a tire?'
    expect(risk('How do I change a bicycle tire?', plain, 0.95)).toBeGreaterThan(
      2 * risk('How do I replace a tire?', plain, 0.95),
    )
  })

  test('knows nothing of an embedder that was never calibrated', () => {
    const question = 'How do I change a tire?'
    const residue = residueOf(readQuestion(question), readQuestion(question), new TermFrequencies())
    expect(riskOf(0.95, residue, calibrationOf('another'))).toBeGreaterThan(riskOf(0.95, residue, minilm))
  })
})

test('oneSidedOdds counts what one side alone says, and nothing where both have a rest or none', () => {
  const odds = (asked: string, remembered: string): number =>
    oneSidedOdds(residueOf(readQuestion(asked), readQuestion(remembered), new TermFrequencies()))
  expect(odds('How do I change a tire?', 'How can I change a tire?')).toBe(0)
  expect(odds('How do I change a bicycle tire?', 'How do I change a tire?')).toBeGreaterThan(2)
  expect(odds('How do I change a tire?', 'How do I change a bicycle tire?')).toBeGreaterThan(2)
  expect(odds('How do I mend a bicycle tire?', 'How do I repair a bicycle tire?')).toBe(0)
})

test('logDistance is finite for equal vectors, and for a cosine that rounding took above 1', () => {
  expect(logDistance(1)).toBeCloseTo(Math.log(0.003))
  expect(logDistance(1.0000001)).toBe(logDistance(1))
})

test('bands cover every risk, in order', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (chance) => {
      const band = bandOf(chance)
      expect(band).toBeGreaterThanOrEqual(0)
      expect(band).toBeLessThan(BAND_COUNT)
      expect(chance).toBeLessThanOrEqual(highestRiskOf(band) + 1e-9)
      if (band > 0) expect(chance).toBeGreaterThan(highestRiskOf(band - 1) - 1e-9)
    }),
  )
})
