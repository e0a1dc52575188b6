/** Numbers that are the same for the same text: what makes the sandbox repeat itself. Not for secrets. */

/** FNV-1a, 32 bits. */
export function digestOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/** An endless series in [0, 1) that follows from its seed (mulberry32). */
export function seriesFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The sandbox's measure of length: its tokens are words. */
export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}
