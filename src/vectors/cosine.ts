/** How alike two vectors are. */

/** Of vectors of unit length and equal dimensions, -1 to 1; -1 where one is missing. */
export function cosine(one: Float32Array, other: Float32Array | undefined): number {
  if (other === undefined) return -1
  let sum = 0
  for (let place = 0; place < one.length; place++) sum += (one[place] ?? 0) * (other[place] ?? 0)
  return sum
}
