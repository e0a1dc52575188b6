/** The loops of a search in JavaScript, for where WebAssembly cannot be compiled (Workers) or knows no SIMD. */
import type { KernelMemory, VectorKernel } from './vector-kernel.ts'

const FIRST_BYTES = 1 << 16

export function plainKernel(): VectorKernel {
  const memory = new PlainMemory()
  return {
    name: 'plain',
    memory,
    near(codes, count, codeBytes, query, below, first, out) {
      const words = memory.words
      const length = codeBytes >> 2
      const queryAt = query >> 2
      let codeAt = codes >> 2
      let outAt = out >> 2
      for (let position = first; position < first + count; position++, codeAt += length) {
        let distance = 0
        for (let word = 0; word < length; word++) {
          distance += bitCount((words[codeAt + word] as number) ^ (words[queryAt + word] as number))
        }
        if (distance >= below) continue
        words[outAt++] = distance
        words[outAt++] = position
      }
      return (outAt - (out >> 2)) >> 1
    },
    keep(pairs, count, wanted, histogram, buckets) {
      const words = memory.words
      const tally = words.subarray(histogram >> 2, (histogram >> 2) + buckets).fill(0)
      const start = pairs >> 2
      const end = start + 2 * count
      for (let at = start; at < end; at += 2) {
        const distance = words[at] as number
        tally[distance] = (tally[distance] as number) + 1
      }
      let largest = 0
      let ofLargest = wanted
      while ((tally[largest] as number) < ofLargest) ofLargest -= tally[largest++] as number
      let target = start
      for (let at = start; at < end; at += 2) {
        const distance = words[at] as number
        if (distance > largest || (distance === largest && ofLargest-- <= 0)) continue
        words[target++] = distance
        words[target++] = words[at + 1] as number
      }
      return largest
    },
    dots(addresses, count, dimensions, query, out) {
      const { words, bytes, halves } = memory
      const queryAt = query >> 1
      for (let index = 0; index < count; index++) {
        const vector = words[(addresses >> 2) + index] as number
        let sum = 0
        for (let at = 0; at < dimensions; at++) {
          sum += (bytes[vector + at] as number) * (halves[queryAt + at] as number)
        }
        words[(out >> 2) + index] = sum
      }
    },
  }
}

class PlainMemory implements KernelMemory {
  buffer = new ArrayBuffer(FIRST_BYTES)
  words = new Uint32Array(this.buffer)
  halves = new Int16Array(this.buffer)
  bytes = new Int8Array(this.buffer)

  /** Doubles, because each growth copies everything. */
  grow(bytes: number): void {
    const size = Math.max(this.buffer.byteLength * 2, this.buffer.byteLength + bytes)
    const larger = new ArrayBuffer(Math.ceil(size / FIRST_BYTES) * FIRST_BYTES)
    new Uint8Array(larger).set(new Uint8Array(this.buffer))
    this.buffer = larger
    this.words = new Uint32Array(larger)
    this.halves = new Int16Array(larger)
    this.bytes = new Int8Array(larger)
  }
}

/** Of 32 bits: pairs, then fours, then bytes are summed up side by side. */
function bitCount(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
