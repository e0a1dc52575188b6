import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calibrationOf } from '../../../src/cache/semantic/calibrations.ts'
import { readQuestion } from '../../../src/cache/semantic/question-reading.ts'
import { residueOf } from '../../../src/cache/semantic/residue.ts'
import { BAND_COUNT, bandOf, highestRiskOf } from '../../../src/cache/semantic/risk-bands.ts'
import { TermFrequencies } from '../../../src/cache/semantic/term-frequencies.ts'
import { logDistance, residueOdds, riskOf } from '../../../src/cache/semantic/verifier.ts'
import { encoderArithmetic } from '../../../src/embedding/encoder-arithmetic.ts'
import { SmallEncoder } from '../../../src/embedding/small-encoder.ts'
import { readEncoderModel } from '../../../src/embedding/small-encoder-model.ts'
import { StaticEmbedder } from '../../../src/embedding/static-embedder.ts'
import { readStaticModel } from '../../../src/embedding/static-model.ts'
import { smallEncoderFile, staticModelFile } from '../../../src/platform/node/package-files.ts'

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
      2 * risk('How can tires be replaced on my own?', plain, 0.95),
    )
  })

  test('knows nothing of an embedder that was never calibrated', () => {
    const question = 'How do I change a tire?'
    const residue = residueOf(readQuestion(question), readQuestion(question), new TermFrequencies())
    expect(riskOf(0.95, residue, calibrationOf('another'))).toBeGreaterThan(riskOf(0.95, residue, minilm))
  })
})

describe('calibrationOf', () => {
  const unknown = calibrationOf('another')

  test.each([
    'minilm-int8-mean256-0123456789abcdef',
    'minilm-fp32-mean256-0123456789abcdef',
    'all-MiniLM-L6-v2-int8-mean256-0123456789abcdef',
    'encoder-384-0123456789abcdef',
    'static-256-0123456789abcdef',
  ])('knows %s, whatever its digest', (id) => {
    expect(calibrationOf(id)).not.toEqual(unknown)
    expect(calibrationOf(id.replace('0123', 'ffff'))).toEqual(calibrationOf(id))
  })

  test.each([
    'minilm-int8-cls256-0123456789abcdef',
    'minilm-of-our-own-int8-mean256-0123456789abcdef',
    'encoder-256-0123456789abcdef',
    'openai:https://api.example.com/v1:minilm:384',
  ])('does not take %s for one that it knows', (id) => {
    expect(calibrationOf(id)).toEqual(unknown)
  })

  test('knows both embedders that ship, by the ids that they give themselves', async () => {
    const bytes = (file: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(file))
    const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
    const table = new StaticEmbedder(await readStaticModel(bytes(staticModelFile()), sha256, 'table'))
    const model = await readEncoderModel(bytes(smallEncoderFile()), sha256, 'encoder')
    const encoder = new SmallEncoder(model, await encoderArithmetic())
    for (const { id } of [table, encoder]) expect(calibrationOf(id)).not.toEqual(unknown)
  })
})

test('residueOdds counts what one side alone says or has exchanged, little what is said otherwise, and nothing where nothing is left', () => {
  const odds = (asked: string, remembered: string): number =>
    residueOdds(residueOf(readQuestion(asked), readQuestion(remembered), new TermFrequencies()))
  expect(odds('How do I change a tire?', 'How can I change a tire?')).toBe(0)
  expect(odds('How do I change a bicycle tire?', 'How do I change a tire?')).toBeGreaterThan(2)
  expect(odds('How do I change a tire?', 'How do I change a bicycle tire?')).toBeGreaterThan(2)
  expect(odds('Who destroyed the old lighthouse?', 'Who built the old lighthouse?')).toBeGreaterThan(2)
  const otherwise = odds('How do I mend a worn bicycle tire?', 'How do I patch a bicycle wheel?')
  expect(otherwise).toBeGreaterThan(0)
  expect(otherwise).toBeLessThan(2)
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
