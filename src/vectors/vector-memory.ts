/**
 * The memory that holds the vectors of all partitions, handed out in chunks.
 * A chunk of n vectors is: n codes (sign bits), n vectors (8-bit), n numbers of entries and n times of expiry (64-bit
 * floats), n squared norms (32-bit), each part lying together, because a search runs over one after the other.
 */
import { paddedDimensions } from './quantise.ts'
import type { VectorKernel } from './vector-kernel.ts'

/** Most partitions hold a handful of questions. */
export const SMALL_CHUNK = 16
export const LARGE_CHUNK = 1024
const SMALL_IN_LARGE = LARGE_CHUNK / SMALL_CHUNK
/** Grown by so much at a time at first, then by an eighth of what there is. */
const LEAST_GROWTH = 1 << 20

export interface ChunkLayout {
  capacity: number
  /** Bytes from the chunk's start. */
  vectors: number
  numbers: number
  expiries: number
  norms: number
  bytes: number
}

export class VectorMemory {
  readonly kernel: VectorKernel
  /** With the padding. */
  readonly dimensions: number
  readonly codeBytes: number
  readonly small: ChunkLayout
  readonly large: ChunkLayout
  /** Address of the part that searches work in. */
  readonly scratch: number
  bytes = new Int8Array(0)
  unsigned = new Uint8Array(0)
  halves = new Int16Array(0)
  words = new Uint32Array(0)
  signedWords = new Int32Array(0)
  floats = new Float64Array(0)
  readonly #limitBytes: number
  readonly #freeLarge: number[] = []
  readonly #freeSmall = new Map<number, number[]>()
  #end: number
  #usedBytes = 0

  /** `limitBytes` counts chunks that are in use; `scratchBytes` is what a search needs beside them. */
  constructor(kernel: VectorKernel, dimensions: number, limitBytes: number, scratchBytes: number) {
    this.kernel = kernel
    this.dimensions = paddedDimensions(dimensions)
    this.codeBytes = this.dimensions >> 3
    this.small = layoutOf(SMALL_CHUNK, this.dimensions)
    this.large = layoutOf(LARGE_CHUNK, this.dimensions)
    this.#limitBytes = limitBytes
    this.scratch = 64
    this.#end = Math.ceil((this.scratch + scratchBytes) / 64) * 64
    this.#reach(this.#end)
    this.#look()
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  layout(capacity: number): ChunkLayout {
    return capacity === LARGE_CHUNK ? this.large : this.small
  }

  /** The address of a chunk, or undefined where there is no room. */
  take(capacity: number): number | undefined {
    const { bytes } = this.layout(capacity)
    if (this.#usedBytes + bytes > this.#limitBytes) return undefined
    const address = capacity === LARGE_CHUNK ? this.#takeLarge() : this.#takeSmall()
    if (address !== undefined) this.#usedBytes += bytes
    return address
  }

  give(address: number, capacity: number): void {
    this.#usedBytes -= this.layout(capacity).bytes
    if (capacity === LARGE_CHUNK) this.#freeLarge.push(address)
    else this.#giveSmall(address)
  }

  #takeLarge(): number | undefined {
    const free = this.#freeLarge.pop()
    if (free !== undefined) return free
    const address = this.#end
    if (!this.#reach(address + this.large.bytes)) return undefined
    this.#end = address + this.large.bytes
    return address
  }

  /** Small chunks are cut from a large one, which is whole again once all of them are given back. */
  #takeSmall(): number | undefined {
    for (const [block, free] of this.#freeSmall) {
      const address = free.pop() as number
      if (free.length === 0) this.#freeSmall.delete(block)
      return address
    }
    const block = this.#takeLarge()
    if (block === undefined) return undefined
    const free = Array.from({ length: SMALL_IN_LARGE - 1 }, (_, index) => {
      return block + (SMALL_IN_LARGE - 1 - index) * this.small.bytes
    })
    this.#freeSmall.set(block, free)
    this.#blocks.push(block)
    return block
  }

  /** Starts of large chunks that were cut, to find the one that a small chunk is of. */
  readonly #blocks: number[] = []

  #giveSmall(address: number): void {
    const at = this.#blocks.findIndex((block) => address >= block && address < block + this.large.bytes)
    const block = this.#blocks[at] as number
    const free = this.#freeSmall.get(block) ?? []
    free.push(address)
    this.#freeSmall.set(block, free)
    if (free.length < SMALL_IN_LARGE) return
    this.#freeSmall.delete(block)
    this.#blocks.splice(at, 1)
    this.#freeLarge.push(block)
  }

  #reach(end: number): boolean {
    const { memory } = this.kernel
    const missing = end - memory.buffer.byteLength
    if (missing <= 0) return true
    try {
      memory.grow(Math.max(missing, LEAST_GROWTH, memory.buffer.byteLength >> 3))
    } catch {
      return false // the runtime has no more: the same as a bound
    }
    this.#look()
    return true
  }

  #look(): void {
    const { buffer } = this.kernel.memory
    this.bytes = new Int8Array(buffer)
    this.unsigned = new Uint8Array(buffer)
    this.halves = new Int16Array(buffer)
    this.words = new Uint32Array(buffer)
    this.signedWords = new Int32Array(buffer)
    this.floats = new Float64Array(buffer)
  }
}

/** Each part is a multiple of 16 bytes, as the capacities are. */
function layoutOf(capacity: number, dimensions: number): ChunkLayout {
  const vectors = capacity * (dimensions >> 3)
  const numbers = vectors + capacity * dimensions
  const expiries = numbers + capacity * 8
  const norms = expiries + capacity * 8
  return { capacity, vectors, numbers, expiries, norms, bytes: norms + capacity * 4 }
}
