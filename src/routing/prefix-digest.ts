/** A short name for bytes that begin a prompt, where a clash does no harm. */

/** What lies between two ends this long tells no more prefixes apart, and hashing it would take long. */
const MOST_AT_START = 65_536
const MOST_AT_END = 16_384

/** Two halves of 32 bits each. */
export interface DigestState {
  one: number
  other: number
}

export function newDigest(): DigestState {
  return { one: 0x811c9dc5, other: 0x01000193 }
}

/** Adds the bytes from `start` to `end` with their length; of long ones their beginning and their end. */
export function addBytes(state: DigestState, bytes: Uint8Array, start: number, end: number): void {
  const length = end - start
  mix(state, length)
  if (length <= MOST_AT_START + MOST_AT_END) return addRun(state, bytes, start, end)
  addRun(state, bytes, start, start + MOST_AT_START)
  addRun(state, bytes, end - MOST_AT_END, end)
}

/** 64 bits in hex. */
export function digestText({ one, other }: DigestState): string {
  return finished(one) + finished(other)
}

/** A digest's first half as a number, unsigned. */
export function digestNumber(digest: string): number {
  return Number.parseInt(digest.slice(0, 8), 16)
}

/** Four bytes a step: byte by byte takes three times as long. */
function addRun(state: DigestState, bytes: Uint8Array, start: number, end: number): void {
  let { one, other } = state
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    one = Math.imul(one ^ word, 0x01000193)
    one ^= one >>> 15
    other = Math.imul(other ^ word, 0x85ebca6b)
    other ^= other >>> 13
  }
  for (; at < end; at++) {
    one = Math.imul(one ^ (bytes[at] as number), 0x01000193)
    other = Math.imul(other ^ (bytes[at] as number), 0x85ebca6b)
  }
  state.one = one
  state.other = other
}

function mix(state: DigestState, value: number): void {
  state.one = Math.imul(state.one ^ value, 0x01000193)
  state.other = Math.imul(state.other ^ value, 0x85ebca6b)
}

/** Murmur's finaliser. */
function finished(hash: number): string {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return ((bits ^ (bits >>> 16)) >>> 0).toString(16).padStart(8, '0')
}
