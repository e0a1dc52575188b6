import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HASHED_PLACES, hashedFeatures, MOST_CHARACTERS } from '../../src/routing/hashed-features.ts'

/** Copied, since the next call overwrites what the last one gave. */
function vectorOf(text: string): Map<number, number> {
  const { ids, values, count } = hashedFeatures(text)
  return new Map(Array.from(ids.subarray(0, count), (id, at) => [id, values[at] as number]))
}

function cosine(left: string, right: string): number {
  const other = vectorOf(right)
  let sum = 0
  for (const [id, value] of vectorOf(left)) sum += value * (other.get(id) ?? 0)
  return sum
}

describe('hashedFeatures', () => {
  test('of any text are distinct places with weights of unit length, and the same ones again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const { ids, values, count } = hashedFeatures(text)
        const places = ids.slice(0, count)
        const weights = values.slice(0, count)
        expect(new Set(places).size).toBe(count)
        expect(places.every((id) => id >= 0 && id < HASHED_PLACES)).toBe(true)
        expect(weights.every((weight) => weight > 0)).toBe(true)
        if (count > 0) expect(weights.reduce((sum, weight) => sum + weight ** 2, 0)).toBeCloseTo(1, 4)
        const again = hashedFeatures(text)
        expect(again.ids.slice(0, again.count)).toEqual(places)
        expect(again.values.slice(0, again.count)).toEqual(weights)
      }),
    )
  })

  test('do not tell apart case, white space, digits and kinds of quotes', () => {
    const plain = vectorOf('What\'s order 4711 of "Ann"?')
    expect(vectorOf('  WHAT’S  order\n\t2468 of “Ann”? ')).toEqual(plain)
    expect(vectorOf('ÜBER МОСКВУ')).toEqual(vectorOf('über москву'))
  })

  test('tell apart words, their order, and letters within them', () => {
    expect(vectorOf('dog bites man')).not.toEqual(vectorOf('man bites dog'))
    expect(cosine('how do I reset my password', 'how can I reset my password?')).toBeGreaterThan(0.6)
    expect(cosine('how do I reset my password', 'integrate x squared over the interval')).toBeLessThan(0.15)
  })

  test('of nothing are none', () => {
    expect(vectorOf('').size).toBe(0)
    expect(vectorOf(' \n\t ').size).toBe(0)
  })

  test('of a text of one letter, or of signs alone, still are of unit length', () => {
    for (const text of ['x', '?!', '=>', '日本']) {
      expect([...vectorOf(text).values()].reduce((sum, weight) => sum + weight ** 2, 0)).toBeCloseTo(1, 4)
    }
  })

  test('of a long text are of its beginning and its end', () => {
    const begin = 'a'.repeat(MOST_CHARACTERS / 2)
    const end = 'b'.repeat(MOST_CHARACTERS / 2)
    const middle = 'the middle of it is not read'.repeat(1000)
    expect(vectorOf(begin + middle + end)).toEqual(vectorOf(begin + end))
  })

  test('of the longest text with the most words fit', () => {
    const { count } = hashedFeatures(
      Array.from({ length: 40_000 }, (_, at) => `${String.fromCharCode(0x4e00 + (at % 20_000))} `).join(''),
    )
    expect(count).toBeGreaterThan(10_000)
  })
})
