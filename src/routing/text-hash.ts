/**
 * Two 32-bit hashes of a text, side by side, that go on from where they are: about 1 ns a character, without BigInt. For names
 * where a clash does no harm, as in estimates of what begins alike.
 */

const FIRST_FACTOR = 0x01000193
const OTHER_FACTOR = 0x85ebca6b

export class TextHash {
  #one = 0x811c9dc5 | 0
  #other = 0x01000193 | 0

  copy(): TextHash {
    const copy = new TextHash()
    copy.#one = this.#one
    copy.#other = this.#other
    return copy
  }

  /** Four characters at a time, so that there is one product for four loads; in variables, as fields cost more than the sum. */
  addText(text: string, from = 0, to = text.length): void {
    let one = this.#one
    let other = this.#other
    let at = from
    for (const last = to - 3; at < last; at += 4) {
      const word =
        text.charCodeAt(at) ^
        (text.charCodeAt(at + 1) << 8) ^
        (text.charCodeAt(at + 2) << 16) ^
        (text.charCodeAt(at + 3) << 24)
      one = Math.imul(one ^ word, FIRST_FACTOR)
      one ^= one >>> 15
      other = Math.imul(other ^ word, OTHER_FACTOR)
      other ^= other >>> 13
    }
    this.#one = one
    this.#other = other
    for (; at < to; at++) this.addNumber(text.charCodeAt(at))
  }

  /** Length, beginning, end and `samples` characters of what is between: of a text of no less than twice `end`. */
  addSamples(text: string, end: number, samples: number): void {
    const { length } = text
    this.addNumber(length)
    this.addText(text, 0, end)
    this.addText(text, length - end)
    let one = this.#one
    let other = this.#other
    const step = Math.max(1, Math.floor((length - end) / samples))
    for (let at = end; at + 3 * step < length; at += 4 * step) {
      const word =
        text.charCodeAt(at) ^
        (text.charCodeAt(at + step) << 8) ^
        (text.charCodeAt(at + 2 * step) << 16) ^
        (text.charCodeAt(at + 3 * step) << 24)
      one = Math.imul(one ^ word, FIRST_FACTOR)
      one ^= one >>> 15
      other = Math.imul(other ^ word, OTHER_FACTOR)
      other ^= other >>> 13
    }
    this.#one = one
    this.#other = other
  }

  addBytes(bytes: Uint8Array, from = 0, to = bytes.length): void {
    let one = this.#one
    let other = this.#other
    let at = from
    for (const last = to - 3; at < last; at += 4) {
      const word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)
      one = Math.imul(one ^ word, FIRST_FACTOR)
      one ^= one >>> 15
      other = Math.imul(other ^ word, OTHER_FACTOR)
      other ^= other >>> 13
    }
    this.#one = one
    this.#other = other
    for (; at < to; at++) this.addNumber(bytes[at] as number)
  }

  /** A 32-bit integer. */
  addNumber(value: number): void {
    const one = Math.imul(this.#one ^ value, FIRST_FACTOR)
    const other = Math.imul(this.#other ^ value, OTHER_FACTOR)
    this.#one = one ^ (one >>> 15)
    this.#other = other ^ (other >>> 13)
  }

  /** 53 bits, mixed: an integer that a number holds exactly. */
  get value(): number {
    return (mixed(this.#one) >>> 0) * 0x200000 + (mixed(this.#other) >>> 11)
  }

  /** All 64 bits, 16 characters. */
  get hex(): string {
    return hexOf(mixed(this.#one)) + hexOf(mixed(this.#other))
  }
}

/** A short name for a text: 64 bits in hex. */
export function textDigest(text: string): string {
  const hash = new TextHash()
  hash.addText(text)
  return hash.hex
}

/** 32 bits of a text, unsigned. */
export function hashOf(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FIRST_FACTOR)
  return mixed(hash) >>> 0
}

function hexOf(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0')
}

/** Murmur's finaliser. */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), OTHER_FACTOR)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
