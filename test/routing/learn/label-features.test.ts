/** What is kept of a labelled text: the same again, whichever way it went. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openPrior } from '../../../src/platform/node/node-classifier.ts'
import { openStaticEmbedder } from '../../../src/platform/node/shipped-table.ts'
import {
  denseLength,
  featureBytes,
  featuresFrom,
  labelFeatures,
  WORD_PLACES,
} from '../../../src/routing/learn/label-features.ts'
import { labelSet, scoreOf, scoreOfRow, weightCount } from '../../../src/routing/learn/label-set.ts'
import { seeded } from '../../support/seeded.ts'

const embedder = await openStaticEmbedder()
const readers = { embedder, prior: await openPrior() }
const length = denseLength(embedder)
const asked = (text: string) => ({ text, tokens: 12, turns: 3 })

test('features survive a database, whose buffers are windows on a larger one', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300, unit: 'grapheme' }), (text) => {
      const features = labelFeatures(asked(text), readers)
      const bytes = featureBytes(features)
      const window = Buffer.alloc(bytes.length + 7, 9).subarray(3, 3 + bytes.length)
      window.set(bytes)
      expect(featuresFrom(window, length)).toEqual(features)
    }),
  )
})

test('bytes of another form are none', () => {
  const bytes = featureBytes(labelFeatures(asked('What is a tide?'), readers))
  expect(featuresFrom(bytes, length + 1)).toBeUndefined()
  expect(featuresFrom(bytes.subarray(1), length)).toBeUndefined()
  expect(featuresFrom(new Uint8Array(), length)).toBeUndefined()
})

test('a request scores as its label does', () => {
  const random = seeded(5)
  const weights = Float32Array.from({ length: weightCount(length) }, () => random() - 0.5)
  const features = labelFeatures(asked('How do tides work, and why twice a day?'), readers)
  const set = labelSet([{ id: 1, features, agrees: true }], length)
  expect(scoreOf(features, weights)).toBeCloseTo(scoreOfRow(set, 0, weights), 5)
  expect(features.ids.every((id) => id < WORD_PLACES)).toBe(true)
})

test('of a long text, beginning and end are read', () => {
  const around = (middle: string): string => `How do tides work? ${middle.repeat(900)} Answer in one word.`
  const [features, other, shorter] = [around('harbour '), around('rudders '), around('keel ')].map((text) =>
    labelFeatures(asked(text), readers),
  )
  expect(around('keel ').length).toBeGreaterThan(4096)
  expect(features).not.toEqual(other)
  const padded = (middle: string): string => `${'tide '.repeat(500)}${middle}${' ebb'.repeat(600)}`
  expect(labelFeatures(asked(padded('harbour')), readers)).toEqual(
    labelFeatures(asked(padded('rudders')), readers),
  )
  expect(shorter?.dense).not.toEqual(features?.dense)
})
