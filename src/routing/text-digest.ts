/** A short name for a text, where a clash does no harm. */

/** 64 bits in hex: FNV-1a over UTF-16, twice with different seeds, mixed as murmur's finaliser does. */
export function textDigest(text: string): string {
  let one = 0x811c9dc5
  let other = 0x01000193
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    other = Math.imul(other ^ code, 0x85ebca6b)
  }
  return mixed(one) + mixed(other)
}

function mixed(hash: number): string {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return ((bits ^ (bits >>> 16)) >>> 0).toString(16).padStart(8, '0')
}
