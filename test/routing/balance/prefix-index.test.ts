/** What replicas hold: held against a plain model that keeps whole lists. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { PrefixIndex } from '../../../src/routing/balance/prefix-index.ts'

/** Each block is named by itself and all before it, as `PrefixBlocks` does. */
function blocksOf(parts: readonly number[]) {
  let name = 17
  const names = parts.map((part) => {
    name = (name * 31 + part + 1) % 9_007_199_254_740
    return name
  })
  return { hashes: Float64Array.from(names), count: names.length }
}

const REPLICAS = ['a', 'b', 'c']
const parts = fc.array(fc.nat(1), { minLength: 1, maxLength: 9 })

function held(index: PrefixIndex, prompt: readonly number[], nowMs = 0): number[] {
  index.match(blocksOf(prompt), nowMs)
  return REPLICAS.map((id) => index.matched(id))
}

function common(one: readonly number[], other: readonly number[]): number {
  let length = 0
  while (length < one.length && length < other.length && one[length] === other[length]) length++
  return length
}

describe('PrefixIndex', () => {
  test('each replica holds the longest beginning that it was sent', () => {
    const sent = fc.array(fc.tuple(fc.constantFrom(...REPLICAS), parts), { maxLength: 30 })
    fc.assert(
      fc.property(sent, parts, (all, asked) => {
        const index = new PrefixIndex()
        for (const [id, prompt] of all) index.insert(id, blocksOf(prompt), 0)
        const expected = REPLICAS.map((id) =>
          Math.max(0, ...all.filter(([to]) => to === id).map(([, prompt]) => common(prompt, asked))),
        )
        expect(held(index, asked)).toEqual(expected)
      }),
    )
  })

  test('whatever is sent, a replica holds no more than its bound, and what it was sent last', () => {
    const sent = fc.array(fc.tuple(fc.constantFrom(...REPLICAS), parts), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(sent, (all) => {
        const index = new PrefixIndex({ mostBlocks: 12 })
        for (const [id, prompt] of all) {
          index.insert(id, blocksOf(prompt), 0)
          index.match(blocksOf(prompt), 0)
          expect(index.matched(id)).toBe(prompt.length)
          expect(index.of(id).holder.blocks).toBeLessThanOrEqual(12)
        }
      }),
    )
  })

  test('who is gone leaves nothing behind, and others hold what they held', () => {
    const sent = fc.array(fc.tuple(fc.constantFrom(...REPLICAS), parts), { maxLength: 30 })
    fc.assert(
      fc.property(sent, parts, (all, asked) => {
        const index = new PrefixIndex()
        for (const [id, prompt] of all) index.insert(id, blocksOf(prompt), 0)
        const [, b, c] = held(index, asked)
        const gone = index.of('a')
        index.keepOnly(new Set(['b', 'c']))
        expect(held(index, asked)).toEqual([0, b, c])
        expect(gone.holder.blocks).toBe(0)
        index.forget('a', blocksOf(asked), 0)
        index.corrected('a', 10, 5)
        expect(index.of('a')).toMatchObject({ trust: 1, reports: false })
      }),
    )
  })

  it('forgets the end of what was used longest ago first', () => {
    const index = new PrefixIndex({ mostBlocks: 8 })
    index.insert('a', blocksOf([1, 1, 1, 1]), 0)
    index.insert('a', blocksOf([2, 2, 2, 2]), 1)
    index.insert('a', blocksOf([1, 1]), 2)
    index.insert('a', blocksOf([3]), 3)
    expect([[1, 1, 1, 1], [2, 2, 2, 2], [3]].map((prompt) => held(index, prompt)[0])).toEqual([2, 4, 1])
  })

  test('what was sent and not answered leaves all as it was', () => {
    const sent = fc.array(fc.tuple(fc.constantFrom(...REPLICAS), parts), { maxLength: 20 })
    fc.assert(
      fc.property(sent, fc.constantFrom(...REPLICAS), parts, parts, (all, id, failed, asked) => {
        const index = new PrefixIndex()
        for (const [to, prompt] of all) index.insert(to, blocksOf(prompt), 0)
        const before = held(index, asked)
        index.match(blocksOf(failed), 0)
        const had = index.matched(id)
        index.insert(id, blocksOf(failed), 0)
        index.forget(id, blocksOf(failed), had)
        expect(held(index, asked)).toEqual(before)
      }),
    )
  })

  it('takes back what a replica did not answer, and not what it held before', () => {
    const index = new PrefixIndex()
    index.insert('a', blocksOf([1, 2, 3]), 0)
    index.insert('b', blocksOf([1, 2, 3, 4, 5]), 0)
    index.insert('a', blocksOf([1, 2, 3, 4, 5]), 0)
    index.forget('a', blocksOf([1, 2, 3, 4, 5]), 3)
    expect(held(index, [1, 2, 3, 4, 5])).toEqual([3, 5, 0])
  })

  it('tells the next turn of a conversation from a beginning that many have', () => {
    const index = new PrefixIndex()
    const continues = (prompt: readonly number[]): boolean => {
      index.match(blocksOf(prompt), 0)
      return index.continues
    }
    expect(continues([1, 2])).toBe(false)
    index.insert('a', blocksOf([1, 2, 3, 4]), 0)
    expect(continues([1, 2, 3, 4, 5])).toBe(true)
    // The same once more: everybody may ask that.
    expect(continues([1, 2, 3, 4])).toBe(false)
    expect(continues([1, 2, 7, 8])).toBe(false)
    index.insert('b', blocksOf([1, 2, 7, 8]), 0)
    expect(continues([1, 2, 9])).toBe(false)
    expect(continues([1, 2, 7, 8, 9])).toBe(true)
    index.insert('a', blocksOf([1, 2, 3, 4, 5]), 0)
    expect(continues([1, 2, 3, 4, 5, 6])).toBe(true)
  })

  it('does not count on what nobody used for longer than a provider keeps it', () => {
    const index = new PrefixIndex({ idleMs: 1000 })
    index.insert('a', blocksOf([1, 2]), 0)
    expect(held(index, [1, 2], 1000)[0]).toBe(2)
    expect(held(index, [1, 2], 1001)[0]).toBe(0)
  })

  it('goes by the counts of a replica that reports nothing, where these are of what it was sent from here', () => {
    const index = new PrefixIndex()
    const prompt = blocksOf([1, 2, 3, 4])
    index.insert('a', prompt, 0)
    const expected = () => {
      index.match(prompt, 0)
      return index.expectedTokens(index.of('a'), 4, 400)
    }
    const asks = (queried: number, cached: number): void => {
      for (let times = 0; times < 20; times++) {
        index.asked('a', 5000, 4000)
        index.counted('a', queried, cached)
      }
    }
    asks(50_000, 0)
    asks(1000, 0)
    expect(expected()).toBe(400)
    asks(6000, 0)
    expect(expected()).toBeLessThan(40)
    index.corrected('a', 400, 300)
    const reported = expected()
    asks(5000, 5000)
    expect(expected()).toBe(reported)
  })

  it('expects less of who reports less than expected, and trusts again who reports as much', () => {
    const index = new PrefixIndex()
    const prompt = blocksOf([1, 2, 3, 4])
    const expected = () => {
      index.match(prompt, 0)
      return index.expectedTokens(index.of('a'), prompt.count, 400)
    }
    index.insert('a', prompt, 0)
    // Who never told of any is not known to have none.
    for (let times = 0; times < 20; times++) index.corrected('a', 400, 0)
    expect(expected()).toBe(400)
    index.corrected('a', 400, 400)
    for (let times = 0; times < 20; times++) index.corrected('a', expected(), 0)
    const distrusted = expected()
    expect(distrusted).toBeLessThan(40)
    for (let times = 0; times < 40; times++) index.corrected('a', expected(), 400)
    expect(expected()).toBeGreaterThan(350)
  })
})
