/** The static embedder against its own table, summed the plain way, and against what its vectors are for. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StaticEmbedder } from '../../src/embedding/static-embedder.ts'
import { WordPiece } from '../../src/embedding/word-piece.ts'
import { staticModel } from './static-model-file.ts'

const model = await staticModel()
const embedder = new StaticEmbedder(model)

/** As the file's format says, one number after the other. */
function plainly(text: string): number[] {
  const ids = new Int32Array(4096)
  const count = new WordPiece(model.vocabulary).encode(text, ids)
  const bytes = new Uint8Array(model.rows.buffer, model.rows.byteOffset, model.rows.byteLength)
  const sums = new Array<number>(model.dimensions).fill(0)
  for (const id of ids.subarray(0, count)) {
    for (let at = 0; at < sums.length; at++) {
      sums[at] = (sums[at] as number) + (bytes[id * model.dimensions + at] as number) - 128
    }
  }
  const length = Math.hypot(...sums)
  return length === 0 ? sums : sums.map((sum) => sum / length)
}

function cosine(one: string, two: string): number {
  const [left, right] = [embedder.embed(one), embedder.embed(two)]
  return left.reduce((sum, value, at) => sum + value * (right[at] as number), 0)
}

describe('a vector', () => {
  test('is the sum of its tokens, of unit length', () => {
    const words = fc.constantFrom(...model.vocabulary.slice(1, 4000), 'naïve', '東京', '😀')
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (chosen) => {
        const text = chosen.join(' ')
        const vector = embedder.embed(text)
        expect(vector).toHaveLength(embedder.dimensions)
        const expected = plainly(text)
        for (const [at, value] of vector.entries()) expect(value).toBeCloseTo(expected[at] as number, 5)
      }),
      { numRuns: 50 },
    )
  })

  test('is exact for long texts too: sums that fill their bits are carried over', () => {
    for (const text of ['the '.repeat(256), 'quantum '.repeat(257), 'how do tides work? '.repeat(400)]) {
      const expected = plainly(text)
      for (const [at, value] of embedder.embed(text).entries()) {
        expect(value).toBeCloseTo(expected[at] as number, 5)
      }
    }
  })

  test('of a text beyond 4,096 tokens is that of its beginning', () => {
    const beginning = 'tide '.repeat(4096)
    expect(embedder.embed(`${beginning} moon and sun`)).toEqual(embedder.embed(beginning))
  })

  test('is all zeros where nothing has a vector', () => {
    for (const text of ['', ' \n\t', '\u0000\u200b\ufeff']) {
      expect(embedder.embed(text).every((value) => value === 0)).toBe(true)
    }
  })

  test('belongs to the caller: the next call leaves it alone', () => {
    const first = embedder.embed('How do tides work?')
    const copy = first.slice()
    embedder.embed('What does a lawyer cost?')
    expect(first).toEqual(copy)
  })
})

test('the id names dimensions and table', () => {
  expect(embedder.id).toBe(`static-${model.dimensions}-${model.digest.slice(0, 16)}`)
})

test('a question is nearer to itself in other words than to another of the same subject', () => {
  const triples = [
    [
      'How do I reset my password?',
      'I forgot my password, how can I change it?',
      'How do I delete my account?',
    ],
    [
      'What is the capital of Australia?',
      'Which city is the capital of Australia?',
      'What is the population of Australia?',
    ],
    ['How long does delivery take?', 'When will my parcel arrive?', 'How do I pay my invoice?'],
  ] as const
  for (const [asked, same, other] of triples)
    expect(cosine(asked, same)).toBeGreaterThan(cosine(asked, other))
})
