/** The port to the loops that a search spends its time in, and to the memory that they run over. */

/** Bytes that grow; what was there stays, and its addresses with it. Growing replaces the buffer. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer
  /** By at least so many bytes. @throws RangeError where there are no more */
  grow(bytes: number): void
}

/** Addresses are bytes from the start of the memory. Whoever runs the loops, the numbers are the same. */
export interface VectorKernel {
  readonly name: 'simd' | 'plain'
  readonly memory: KernelMemory
  /**
   * Of `count` codes of `codeBytes` each (a multiple of 16): those with fewer than `below` bits other than the query's,
   * as pairs of 32-bit numbers at `out`: how many bits, and the position, counted from `first`.
   * What lies behind them, up to one pair more, may be written over.
   * @returns how many pairs
   */
  near(
    codes: number,
    count: number,
    codeBytes: number,
    query: number,
    below: number,
    first: number,
    out: number,
  ): number
  /**
   * Of at least `wanted` pairs leaves the `wanted` of the least distance, in their order, of equals the first.
   * `histogram` has room for a 32-bit number for each of `buckets` distances.
   * @returns the largest distance that is left
   */
  keep(pairs: number, count: number, wanted: number, histogram: number, buckets: number): number
  /** Writes 32-bit dot products of the 16-bit query with the 8-bit vectors at `count` addresses (32-bit numbers too). */
  dots(addresses: number, count: number, dimensions: number, query: number, out: number): void
}
