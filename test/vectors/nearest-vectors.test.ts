import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ranked, VectorSearch } from '../../src/vectors/nearest-vectors.ts'
import { plainKernel } from '../../src/vectors/plain-kernel.ts'
import { quantise } from '../../src/vectors/quantise.ts'
import { simdKernel } from '../../src/vectors/simd-kernel.ts'
import { StoredVectors } from '../../src/vectors/stored-vectors.ts'
import type { VectorKernel } from '../../src/vectors/vector-kernel.ts'
import { seeded } from '../support/seeded.ts'
import { clustered, cosine, unit } from './made-vectors.ts'

const simd = (): VectorKernel => {
  const kernel = simdKernel()
  if (kernel === undefined) throw new Error('This runtime knows no SIMD.')
  return kernel
}

function stored(kernel: VectorKernel, vectors: readonly Float32Array[], dimensions: number) {
  const search = new VectorSearch(kernel, dimensions, 1 << 28)
  const partition = new StoredVectors(search.memory)
  for (const [index, vector] of vectors.entries()) {
    partition.append(index, index % 7 === 0 ? 10 : 1000, quantise(vector))
  }
  return { search, partition }
}

describe('VectorSearch', () => {
  it('finds the same, to the last bit, with WebAssembly and without, whatever was removed', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(1, 15, 16, 17, 511, 513, 1024, 1025, 2500),
        fc.constantFrom(3, 64, 100, 256, 300, 384),
        fc.integer({ min: 1, max: 40 }),
        (seed, size, dimensions, count) => {
          const next = seeded(seed)
          const vectors = Array.from({ length: size }, () => unit(next, dimensions))
          const query = unit(next, dimensions)
          const results = [simd(), plainKernel()].map((kernel) => {
            const { search, partition } = stored(kernel, vectors, dimensions)
            const before = search.nearest(partition, query, count, 500)
            partition.remove(new Set(before.slice(0, 3).map(({ number }) => number)))
            return [before, search.nearest(partition, query, count, 0), partition.length]
          })
          expect(results[0]).toEqual(results[1])
        },
      ),
      { numRuns: 40 },
    )
  })

  it('chooses those of the nearest sign bits and ranks them as all would be ranked', () => {
    const next = seeded(3)
    const vectors = clustered(next, { vectors: 3000, centres: 50 })
    const { search, partition } = stored(simd(), vectors, 128)
    let same = 0
    for (const query of clustered(next, { vectors: 50, centres: 50, like: vectors })) {
      const found = search.nearest(partition, query, 5, 0)
      const exact = ranked(vectors, query)
      if (found[0]?.number === exact[0]?.number) same++
    }
    expect(same).toBeGreaterThanOrEqual(45)
  })

  it('gives memory back, small chunks and large ones', () => {
    const search = new VectorSearch(simd(), 128, 1 << 22)
    const partitions = Array.from({ length: 40 }, () => new StoredVectors(search.memory))
    const vector = quantise(unit(seeded(1), 128))
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 2000; number++) partitions[number % 40]?.append(number, 9, vector)
      for (let number = 0; number < 1500; number++) partitions[0]?.append(number, 9, vector)
      expect(search.memory.usedBytes).toBeGreaterThan(0)
      for (const partition of partitions) partition.removeExpired(9)
      expect(partitions.map(({ length }) => length)).toEqual(partitions.map(() => 0))
      expect(search.memory.usedBytes).toBe(0)
    }
  })

  it('stops at its bound', () => {
    const search = new VectorSearch(simd(), 128, 1 << 18)
    const partition = new StoredVectors(search.memory)
    const vector = quantise(unit(seeded(1), 128))
    while (partition.append(partition.length, 9, vector)) expect(partition.length).toBeLessThan(5000)
    expect(search.memory.usedBytes).toBeLessThanOrEqual(1 << 18)
    expect(search.nearest(partition, unit(seeded(1), 128), 1, 0)).toHaveLength(1)
  })

  it('zeros and what is no number are near nothing', () => {
    const { search, partition } = stored(simd(), [new Float32Array(128), unit(seeded(1), 128)], 128)
    expect(search.nearest(partition, new Float32Array(128), 5, 0)).toEqual([])
    expect(search.nearest(partition, new Float32Array(128).fill(Number.NaN), 5, 0)).toEqual([])
    expect(search.nearest(partition, unit(seeded(1), 128), 5, 0).map(({ number }) => number)).toEqual([1])
  })

  it('the WebAssembly is made of its source', () => {
    execFileSync(process.execPath, ['scripts/vector-kernel.mjs', '--check'])
  })
})

function ranked(vectors: readonly Float32Array[], query: Float32Array): Ranked[] {
  return vectors
    .map((vector, number) => ({ number, similarity: cosine(vector, query) }))
    .sort((a, b) => b.similarity - a.similarity)
}
