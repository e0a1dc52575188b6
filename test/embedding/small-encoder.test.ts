import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { encoderArithmetic } from '../../src/embedding/encoder-arithmetic.ts'
import { SmallEncoder } from '../../src/embedding/small-encoder.ts'
import { readEncoderModel } from '../../src/embedding/small-encoder-model.ts'
import { UnreadableModel } from '../../src/embedding/static-model.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const at = (path: string): URL => new URL(`../../${path}`, import.meta.url)
const bytes = (): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(at('models/encoder/encoder.bin')))
/** Made by training/encoder/fixture.py. */
const reference = JSON.parse(
  readFileSync(at('test/fixtures/embedding/small-encoder.json'), 'utf8'),
) as readonly { text: string; vector: readonly number[] }[]

const cosine = (left: ArrayLike<number>, right: ArrayLike<number>): number => {
  const sums = [0, 0, 0]
  for (let place = 0; place < left.length; place++) {
    const [a, b] = [left[place] as number, right[place] as number]
    sums[0] = (sums[0] as number) + a * b
    sums[1] = (sums[1] as number) + a * a
    sums[2] = (sums[2] as number) + b * b
  }
  return (sums[0] as number) / Math.sqrt((sums[1] as number) * (sums[2] as number))
}

describe('the small encoder', () => {
  let encoder: SmallEncoder
  beforeAll(async () => {
    encoder = new SmallEncoder(
      await readEncoderModel(bytes(), sha256, 'encoder.bin'),
      await encoderArithmetic(),
    )
  })

  test.each(reference)('computes what the training code computes: $text', ({ text, vector }) => {
    expect(cosine(encoder.embed(text), vector)).toBeGreaterThan(0.9999)
  })

  test('gives vectors of unit length', () => {
    const vector = encoder.embed('What is the capital of France?')
    expect(vector.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5)
  })

  test('knows the order of words, of which the static table knows nothing (1.0)', () => {
    const there = encoder.embed('flights from Boston to Denver')
    expect(cosine(there, encoder.embed('flights from Denver to Boston'))).toBeLessThan(0.999)
    expect(cosine(there, encoder.embed('FLIGHTS from Boston to Denver'))).toBeCloseTo(1, 6)
  })

  test('keeps nothing of the text before', () => {
    const before = encoder.embed('a short one')
    encoder.embed('a long one, '.repeat(60))
    expect(encoder.embed('a short one')).toEqual(before)
  })

  test('reads the beginning of a long text', () => {
    const words = 'word '.repeat(126)
    expect(encoder.embed(`${words}and this is past the limit`)).toEqual(encoder.embed(words))
  })

  test('has no vector for a text without tokens', () => {
    expect(encoder.embed(' \n').every((value) => value === 0)).toBe(true)
  })
})

describe("the small encoder's file", () => {
  test('is refused where a byte of a weight has changed', async () => {
    const changed = bytes()
    const last = changed.length - 300_000
    changed[last] = (changed[last] as number) ^ 1
    await expect(readEncoderModel(changed, sha256, 'encoder.bin')).rejects.toThrow(
      new UnreadableModel(
        'encoder.bin is damaged: its contents do not match its digest. Install trimtab again.',
      ),
    )
  })

  test('is refused where it is something else', async () => {
    const other = new TextEncoder().encode('a page of some proxy')
    await expect(readEncoderModel(other, sha256, 'encoder.bin')).rejects.toThrow(
      'encoder.bin is not a small encoder: it does not begin with TTEN.',
    )
  })
})
