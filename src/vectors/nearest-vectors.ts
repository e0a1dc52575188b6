/**
 * Finds the vectors nearest to one: sign bits choose candidates, 8-bit vectors rank them.
 * Small partitions are ranked as a whole. With one partition and one query the result is the same on every kernel.
 */
import { quantise, signBits, squaredNorm } from './quantise.ts'
import type { StoredVectors } from './stored-vectors.ts'
import type { VectorKernel } from './vector-kernel.ts'
import { LARGE_CHUNK, VectorMemory } from './vector-memory.ts'

/** Up to here choosing costs more than it saves. */
const RANK_ALL = 512
/** Candidates at least, and one more for so many vectors: recall falls with the size of a partition otherwise. */
const LEAST_CANDIDATES = 256
const VECTORS_A_CANDIDATE = 200
const MOST_CANDIDATES = 4096
/** Pairs of distance and position: twice the candidates, and what one chunk may add. */
const MOST_PAIRS = 2 * MOST_CANDIDATES + LARGE_CHUNK + 2

export interface Ranked {
  number: number
  /** Cosine, -1 to 1. */
  similarity: number
}

export class VectorSearch {
  readonly memory: VectorMemory
  readonly #query: number
  readonly #code: number
  readonly #pairs: number
  readonly #addresses: number
  readonly #dots: number
  readonly #histogram: number

  /** `limitBytes` of all vectors in memory. */
  constructor(kernel: VectorKernel, dimensions: number, limitBytes: number) {
    const queryBytes = Math.ceil(dimensions / 128) * 256
    const pairBytes = MOST_PAIRS * 8
    const histogramBytes = queryBytes * 2 + 64
    const scratchBytes = queryBytes + queryBytes / 16 + pairBytes + MOST_PAIRS * 8 + histogramBytes
    this.memory = new VectorMemory(kernel, dimensions, limitBytes, scratchBytes)
    this.#query = this.memory.scratch
    this.#code = this.#query + queryBytes
    this.#pairs = this.#code + queryBytes / 16
    this.#addresses = this.#pairs + pairBytes
    this.#dots = this.#addresses + MOST_PAIRS * 4
    this.#histogram = this.#dots + MOST_PAIRS * 4
  }

  /** The nearest `count`, nearest first, and of equals the one that was there first; expired ones are left out. */
  nearest(stored: StoredVectors, vector: Float32Array, count: number, nowMs: number): Ranked[] {
    const quantised = quantise(vector)
    const norm = squaredNorm(quantised)
    if (norm === 0 || stored.length === 0 || count <= 0) return []
    this.#place(quantised)
    const candidates = stored.length <= RANK_ALL ? this.#all(stored) : this.#chosen(stored, count)
    const { dimensions, kernel } = this.memory
    kernel.dots(this.#addresses, candidates, dimensions, this.#query, this.#dots)
    return this.#ranked(stored, { candidates, count, nowMs, norm })
  }

  /** The query, widened to 16 bits, and its sign bits. */
  #place(quantised: Int8Array): void {
    const { codeBytes, dimensions, halves, unsigned } = this.memory
    halves.fill(0, this.#query >> 1, (this.#query >> 1) + dimensions)
    halves.set(quantised, this.#query >> 1)
    signBits(quantised, unsigned.subarray(this.#code, this.#code + codeBytes))
  }

  /** Every position and its address; how many. */
  #all(stored: StoredVectors): number {
    const { words } = this.memory
    for (let position = 0; position < stored.length; position++) {
      words[(this.#pairs >> 2) + 2 * position + 1] = position
      words[(this.#addresses >> 2) + position] = stored.vectorAddress(position)
    }
    return stored.length
  }

  /** The positions whose sign bits are nearest to the query's, and their addresses; how many. */
  #chosen(stored: StoredVectors, count: number): number {
    const { codeBytes, kernel, words } = this.memory
    const wanted = candidatesOf(stored.length, count)
    let pairs = 0
    let below = this.memory.dimensions + 1
    for (const [index, chunk] of stored.chunks.entries()) {
      const first = index * stored.layout.capacity
      const inChunk = Math.min(stored.layout.capacity, stored.length - first)
      pairs += kernel.near(chunk, inChunk, codeBytes, this.#code, below, first, this.#pairs + 8 * pairs)
      if (pairs < 2 * wanted) continue
      below = this.#keep(pairs, wanted)
      pairs = wanted
    }
    if (pairs > wanted) {
      this.#keep(pairs, wanted)
      pairs = wanted
    }
    for (let index = 0; index < pairs; index++) {
      const position = words[(this.#pairs >> 2) + 2 * index + 1] as number
      words[(this.#addresses >> 2) + index] = stored.vectorAddress(position)
    }
    return pairs
  }

  /** The largest distance that is left: a later vector comes in only below it. */
  #keep(pairs: number, wanted: number): number {
    const { dimensions, kernel } = this.memory
    return kernel.keep(this.#pairs, pairs, wanted, this.#histogram, dimensions + 1)
  }

  #ranked(
    stored: StoredVectors,
    { candidates, count, nowMs, norm }: { candidates: number; count: number; nowMs: number; norm: number },
  ): Ranked[] {
    const { signedWords, words } = this.memory
    const similarities: number[] = []
    const positions: number[] = []
    let least = Number.NEGATIVE_INFINITY
    for (let index = 0; index < candidates; index++) {
      const position = words[(this.#pairs >> 2) + 2 * index + 1] as number
      const dot = signedWords[(this.#dots >> 2) + index] as number
      const similarity = dot / Math.sqrt(norm * stored.squaredNormAt(position))
      // Candidates come in the order of their positions, so that of equals the first is there already.
      if (!(similarity > least) || stored.expiryAt(position) <= nowMs) continue
      let at = similarities.length === count ? count - 1 : similarities.length
      for (; at > 0 && similarity > (similarities[at - 1] as number); at--) {
        similarities[at] = similarities[at - 1] as number
        positions[at] = positions[at - 1] as number
      }
      similarities[at] = similarity
      positions[at] = position
      if (similarities.length === count) least = similarities[count - 1] as number
    }
    return positions.map((position, at) => ({
      number: stored.numberAt(position),
      similarity: similarities[at] as number,
    }))
  }
}

function candidatesOf(length: number, count: number): number {
  const wanted = Math.max(LEAST_CANDIDATES, 8 * count, Math.ceil(length / VECTORS_A_CANDIDATE))
  return Math.min(wanted, MOST_CANDIDATES, length)
}
