/** What every embedder promises that is asked and waited for. It has to serve MiniLM, because vectors are held to its reference. */
import { expect, test } from 'vitest'
import type { Embedder } from '../../src/embedding/embedder.ts'
import { cosine, referenceVectors } from '../support/minilm.ts'

const REFERENCE = referenceVectors()
const TEXTS = REFERENCE.map(({ text }) => text)
/** Rounding the weights to int8 shows in them: nothing at all, and two words of thirty pieces. */
const UNNATURAL = new Set(['', 'antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis'])

export function embedderContract(open: () => Embedder): void {
  test('gives the vectors that Python gives with the same weights', async () => {
    const vectors = await open().embed(TEXTS)
    expect(vectors).toHaveLength(TEXTS.length)
    for (const [index, { sameWeights }] of REFERENCE.entries()) {
      expect(cosine(at(vectors, index), sameWeights), TEXTS[index]).toBeGreaterThan(0.999_99)
    }
  })

  test('gives the vectors of the model as its authors published it, to a cosine of 0.999', async () => {
    const vectors = await open().embed(TEXTS)
    for (const [index, { text, published }] of REFERENCE.entries()) {
      if (!UNNATURAL.has(text)) expect(cosine(at(vectors, index), published), text).toBeGreaterThan(0.999)
    }
  })

  test('gives vectors of unit length, as many numbers as it states', async () => {
    const embedder = open()
    for (const vector of await embedder.embed(TEXTS)) {
      expect(vector).toBeInstanceOf(Float32Array)
      expect(vector).toHaveLength(embedder.dimensions)
      expect(cosine(vector, vector)).toBeCloseTo(1, 5)
    }
  })

  test('a vector does not depend on what is asked with it, nor on when', async () => {
    const embedder = open()
    const together = await embedder.embed(TEXTS)
    const apart = await Promise.all(TEXTS.map((text) => embedder.embed([text])))
    for (const index of TEXTS.keys()) {
      const [alone] = apart[index] ?? []
      const furthest = at(together, index).map((value, place) =>
        Math.abs(value - (alone?.[place] ?? Number.NaN)),
      )
      expect(Math.max(...furthest), TEXTS[index]).toBeLessThan(1e-6)
    }
  })

  test('keeps the order of more texts than fit into a batch', async () => {
    const embedder = open()
    const many = Array.from({ length: 75 }, (_, index) => `Order number ${index * 7919} is late`)
    const vectors = await embedder.embed(many)
    expect(vectors).toHaveLength(many.length)
    for (const index of [0, 31, 32, 33, 64, 74]) {
      const [alone] = await embedder.embed(many.slice(index, index + 1))
      const nearest = vectors.map((vector) => cosine(vector, alone ?? vector))
      expect(nearest.indexOf(Math.max(...nearest))).toBe(index)
    }
  })

  test('no texts, no vectors', async () => {
    expect(await open().embed([])).toEqual([])
  })

  test('a call that is cancelled ends with the reason, before and under way, and leaves the others alone', async () => {
    const embedder = open()
    const reason = new Error('the caller left')
    await expect(embedder.embed(['a'], AbortSignal.abort(reason))).rejects.toBe(reason)
    const leaving = new AbortController()
    const left = embedder.embed(TEXTS, leaving.signal)
    const stayed = embedder.embed(['How do I reset my password?'])
    leaving.abort(reason)
    await expect(left).rejects.toBe(reason)
    const [vector] = await stayed
    expect(
      cosine(
        vector ?? new Float32Array(0),
        at(
          REFERENCE.map(({ sameWeights }) => sameWeights),
          0,
        ),
      ),
    ).toBeGreaterThan(0.999_99)
  })

  test('an id of its own, the same each time', () => {
    expect(open().id).toMatch(/./)
    expect(open().id).toBe(open().id)
  })
}

function at(vectors: readonly Float32Array[], index: number): Float32Array {
  return vectors[index] ?? new Float32Array(0)
}
