import { describe, expect, it } from 'vitest'
import { MemoryVectorIndex } from '../../src/vectors/memory-vector-index.ts'
import { vectorIndexContract } from './index-contract.ts'
import { DIMENSIONS, entryOf } from './made-vectors.ts'

describe('MemoryVectorIndex', () => {
  vectorIndexContract({ open: async () => new MemoryVectorIndex(DIMENSIONS, 64 << 20, 10_000) })

  it('beyond its bound the oldest leave', async () => {
    const index = new MemoryVectorIndex(DIMENSIONS, 64 << 20, 3)
    for (let id = 0; id < 5; id++) index.add(entryOf(id))
    const found = index.nearest({ ...entryOf(0), count: 9, nowMs: 0 })
    expect(found.map(({ id }) => id).sort()).toEqual([2, 3, 4].map((id) => entryOf(id).id))
  })

  it('beyond its memory too', async () => {
    const index = new MemoryVectorIndex(DIMENSIONS, 100_000, 10_000)
    for (let id = 0; id < 2000; id++) index.add(entryOf(id, { partition: `p${id % 4}` }))
    const count = await index.count()
    expect(count).toBeGreaterThan(100)
    expect(count).toBeLessThan(700)
    const [found] = index.nearest({ ...entryOf(1999, { partition: 'p3' }), count: 1, nowMs: 0 })
    expect(found?.id).toBe(entryOf(1999).id)
  })
})
