/** Entries and vectors made for tests: the same seed makes the same ones. */
import type { VectorEntry } from '../../src/vectors/vector-index.ts'
import { seeded } from '../support/seeded.ts'

export const DIMENSIONS = 128

export type Made = Pick<VectorEntry, 'tenant' | 'partition'>

export function unit(next: () => number, dimensions: number = DIMENSIONS): Float32Array {
  return normalised(Float32Array.from({ length: dimensions }, () => normal(next)))
}

/** Around random centres, or around those of `like`, whose vectors lie in the order of their centres. */
export function clustered(
  next: () => number,
  { vectors, centres, like }: { vectors: number; centres: number; like?: readonly Float32Array[] },
): Float32Array[] {
  const middle = Array.from({ length: centres }, (_, centre) => like?.[centre] ?? unit(next))
  return Array.from({ length: vectors }, (_, index) => {
    const centre = middle[index % centres] ?? unit(next)
    return normalised(centre.map((value) => value + (0.7 * normal(next)) / Math.sqrt(centre.length)))
  })
}

export function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0)
  return sum
}

/** `id` decides everything that is not given. */
export function entryOf(id: number, more: Partial<VectorEntry> = {}): VectorEntry {
  return {
    id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    tenant: 'acme',
    partition: 'aa11',
    workflow: 'support',
    keyName: undefined,
    tags: {},
    vector: unit(seeded(id + 1)),
    question: `What is number ${id}?`,
    answer: `{"answer":"It is ${id}."}`,
    createdAtMs: 999_000,
    expiresAtMs: 2_000_000,
    ...more,
  }
}

function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(next() || 1e-9)) * Math.cos(2 * Math.PI * next())
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return vector.map((value) => value / length)
}
