/** A text as a chain of digests, each of all that comes before: two chains tell how far two texts are the same, and nothing of them. */

/** Characters from digest to digest, at most. */
export const LINK_CHARACTERS = 64

/**
 * A digest every LINK_CHARACTERS, and one at each of `cuts`: indexes in the text, ascending, where something ends. Writes
 * the index at which each link ends to `ends`. `seed`: 32 bits, of this process alone.
 */
export function digestChain(
  text: string,
  seed: number,
  cuts: readonly number[] = [],
  ends: number[] = [],
): Uint32Array {
  const digests: number[] = []
  let hash = seed | 0
  let cut = 0
  for (let at = 0; at < text.length; ) {
    while ((cuts[cut] ?? Number.POSITIVE_INFINITY) <= at) cut++
    const end = Math.min(text.length, at + LINK_CHARACTERS, cuts[cut] ?? Number.POSITIVE_INFINITY)
    for (; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    // FNV's low bits know nothing of the high ones.
    hash ^= hash >>> 15
    digests.push(hash >>> 0)
    ends.push(end)
  }
  return Uint32Array.from(digests)
}

/** How many links from the beginning are the same. */
export function sharedLinks(one: Uint32Array, other: Uint32Array): number {
  let low = 0
  let high = Math.min(one.length, other.length)
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (one[middle - 1] === other[middle - 1]) low = middle
    else high = middle - 1
  }
  return low
}
