/** The first bytes of a stream, copied: views would keep a socket's whole chunks, and the collector busy with them. */

const FIRST_BYTES = 4096
const NOTHING = new Uint8Array(0)

export class FirstBytes {
  readonly #most: number
  #held = NOTHING
  #length = 0

  constructor(mostBytes: number) {
    this.#most = mostBytes
  }

  /** A view. */
  get bytes(): Uint8Array {
    return this.#held.subarray(0, this.#length)
  }

  add(bytes: Uint8Array): void {
    const room = this.#most - this.#length
    if (room === 0) return
    const added = bytes.length <= room ? bytes : bytes.subarray(0, room)
    const length = this.#length + added.length
    if (length > this.#held.length) this.#grow(length)
    this.#held.set(added, this.#length)
    this.#length = length
  }

  #grow(length: number): void {
    const held = new Uint8Array(Math.min(this.#most, Math.max(FIRST_BYTES, length, 2 * this.#held.length)))
    held.set(this.bytes)
    this.#held = held
  }
}
