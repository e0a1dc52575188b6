/** The vectors of one partition: chunks of one size, small ones until there are enough vectors for a large one. */
import { signBits, squaredNorm } from './quantise.ts'
import { type ChunkLayout, LARGE_CHUNK, SMALL_CHUNK, type VectorMemory } from './vector-memory.ts'

export class StoredVectors {
  /** How many. */
  length = 0
  layout: ChunkLayout
  /** Addresses. */
  readonly chunks: number[] = []
  readonly #memory: VectorMemory

  constructor(memory: VectorMemory) {
    this.#memory = memory
    this.layout = memory.small
  }

  /** False where the memory is full. Numbers are whole and below 2^53. */
  append(number: number, expiresAtMs: number, quantised: Int8Array): boolean {
    if (this.length === SMALL_CHUNK * this.chunks.length && this.layout.capacity === SMALL_CHUNK) {
      if (this.length === LARGE_CHUNK && !this.#enlarge()) return false
    }
    if (this.length === this.layout.capacity * this.chunks.length) {
      const address = this.#memory.take(this.layout.capacity)
      if (address === undefined) return false
      this.chunks.push(address)
    }
    this.#write(this.length, number, expiresAtMs, quantised)
    this.length++
    return true
  }

  numberAt(position: number): number {
    return this.#memory.floats[this.#fieldAt(position, this.layout.numbers, 8) >>> 3] as number
  }

  expiryAt(position: number): number {
    return this.#memory.floats[this.#fieldAt(position, this.layout.expiries, 8) >>> 3] as number
  }

  squaredNormAt(position: number): number {
    return this.#memory.words[this.#fieldAt(position, this.layout.norms, 4) >>> 2] as number
  }

  vectorAddress(position: number): number {
    return this.#fieldAt(position, this.layout.vectors, this.#memory.dimensions)
  }

  /** Takes out the entries whose number is among these; the last ones move into their places. */
  remove(numbers: ReadonlySet<number>): void {
    this.#removeWhere((position) => numbers.has(this.numberAt(position)))
  }

  removeExpired(nowMs: number): void {
    this.#removeWhere((position) => this.expiryAt(position) <= nowMs)
  }

  release(): void {
    for (const address of this.chunks.splice(0)) this.#memory.give(address, this.layout.capacity)
    this.length = 0
  }

  #removeWhere(goes: (position: number) => boolean): void {
    for (let position = this.length - 1; position >= 0; position--) {
      if (!goes(position)) continue
      this.length--
      if (position !== this.length) this.#move(this, this.length, position)
    }
    const needed = Math.ceil(this.length / this.layout.capacity)
    for (const address of this.chunks.splice(needed)) this.#memory.give(address, this.layout.capacity)
  }

  /** Moves everything into one large chunk. */
  #enlarge(): boolean {
    const address = this.#memory.take(LARGE_CHUNK)
    if (address === undefined) return false
    const before = { layout: this.layout, chunks: this.chunks.splice(0) }
    this.layout = this.#memory.large
    this.chunks.push(address)
    for (let position = 0; position < this.length; position++) this.#move(before, position, position)
    for (const chunk of before.chunks) this.#memory.give(chunk, SMALL_CHUNK)
    return true
  }

  #write(position: number, number: number, expiresAtMs: number, quantised: Int8Array): void {
    const { bytes, codeBytes, dimensions, floats, unsigned, words } = this.#memory
    const code = this.#fieldAt(position, 0, codeBytes)
    signBits(quantised, unsigned.subarray(code, code + codeBytes))
    const vector = this.vectorAddress(position)
    bytes.set(quantised, vector)
    bytes.fill(0, vector + quantised.length, vector + dimensions)
    floats[this.#fieldAt(position, this.layout.numbers, 8) >>> 3] = number
    floats[this.#fieldAt(position, this.layout.expiries, 8) >>> 3] = expiresAtMs
    words[this.#fieldAt(position, this.layout.norms, 4) >>> 2] = squaredNorm(quantised)
  }

  #move(from: Pick<StoredVectors, 'layout' | 'chunks'>, source: number, target: number): void {
    const { bytes, codeBytes, dimensions } = this.#memory
    const copy = (part: 'vectors' | 'numbers' | 'expiries' | 'norms' | 'codes', size: number) => {
      const start = addressOf(
        from.chunks,
        from.layout,
        source,
        part === 'codes' ? 0 : from.layout[part],
        size,
      )
      bytes.copyWithin(
        this.#fieldAt(target, part === 'codes' ? 0 : this.layout[part], size),
        start,
        start + size,
      )
    }
    copy('codes', codeBytes)
    copy('vectors', dimensions)
    copy('numbers', 8)
    copy('expiries', 8)
    copy('norms', 4)
  }

  #fieldAt(position: number, part: number, size: number): number {
    return addressOf(this.chunks, this.layout, position, part, size)
  }
}

/** Capacities are powers of two, and positions 32-bit numbers. */
function addressOf(
  chunks: readonly number[],
  { capacity }: ChunkLayout,
  position: number,
  part: number,
  size: number,
): number {
  const chunk = chunks[(position - (position & (capacity - 1))) / capacity] as number
  return chunk + part + (position & (capacity - 1)) * size
}
