/** The pieces of a WordPiece vocabulary, found by hashes of UTF-16 units: a word is split without a string being made. */

const UNKNOWN = '[UNK]'
const CONTINUES = '##'
/** Different, so that `##s` is not found where `s` is asked for. */
const SEED_START = 0x811c9dc5 | 0
const SEED_CONTINUED = 0x5bd1e995
const PRIME = 0x01000193

export class PieceTable {
  readonly #unknown: number
  readonly #longest: number
  /** Open addressing, at most half full: an id, or -1. */
  readonly #slots: Int32Array
  readonly #mask: number
  /** By id: the hash, and where the units of the piece (without `##`) begin; the next one's begin is the end. */
  readonly #hashes: Int32Array
  readonly #begins: Int32Array
  readonly #units: Uint16Array
  /** By id: 1 where the piece continues a word. */
  readonly #continued: Uint8Array
  /** Hashes of the beginnings of what is left of the word under way. */
  readonly #prefixes = new Int32Array(256)

  constructor(vocabulary: readonly string[]) {
    const pieces = vocabulary.map((token) => (isContinued(token) ? token.slice(CONTINUES.length) : token))
    this.#unknown = vocabulary.indexOf(UNKNOWN)
    if (this.#unknown < 0) throw new RangeError(`A vocabulary needs ${UNKNOWN}: it has none.`)
    this.#longest = pieces.reduce((longest, { length }) => Math.max(longest, length), 0)
    this.#hashes = new Int32Array(pieces.length)
    this.#begins = new Int32Array(pieces.length + 1)
    this.#continued = Uint8Array.from(vocabulary, (token) => (isContinued(token) ? 1 : 0))
    this.#units = new Uint16Array(pieces.reduce((sum, { length }) => sum + length, 0))
    const size = 2 ** Math.ceil(Math.log2(2 * pieces.length + 2))
    this.#mask = size - 1
    this.#slots = new Int32Array(size).fill(-1)
    for (const [id, piece] of pieces.entries()) this.#add(id, piece)
  }

  /**
   * Writes the ids of the word's pieces, the longest first from its beginning, and returns the new count; where some rest has
   * no piece, the whole word is unknown. Writes no further than `ids` reaches.
   */
  split(word: Uint16Array, length: number, ids: Int32Array, count: number): number {
    let next = count
    let begin = 0
    while (begin < length && next < ids.length) {
      const end = Math.min(length, begin + this.#longest)
      const id = this.#longestAt(word, begin, end)
      if (id < 0) return this.addUnknown(ids, count)
      ids[next++] = id
      begin += (this.#begins[id + 1] as number) - (this.#begins[id] as number)
    }
    return next
  }

  addUnknown(ids: Int32Array, count: number): number {
    if (count >= ids.length) return count
    ids[count] = this.#unknown
    return count + 1
  }

  #longestAt(word: Uint16Array, begin: number, end: number): number {
    const prefixes = this.#prefixes
    let hash = begin === 0 ? SEED_START : SEED_CONTINUED
    for (let at = begin; at < end; at++) {
      hash = Math.imul(hash ^ (word[at] as number), PRIME)
      prefixes[at - begin] = hash
    }
    for (let stop = end; stop > begin; stop--) {
      const id = this.#find(prefixes[stop - begin - 1] as number, word, begin, stop)
      if (id >= 0) return id
    }
    return -1
  }

  #find(hash: number, word: Uint16Array, begin: number, end: number): number {
    let slot = spread(hash) & this.#mask
    for (;;) {
      const id = this.#slots[slot] as number
      if (id < 0 || (this.#hashes[id] === hash && this.#isAt(id, word, begin, end))) return id
      slot = (slot + 1) & this.#mask
    }
  }

  #isAt(id: number, word: Uint16Array, begin: number, end: number): boolean {
    const from = this.#begins[id] as number
    if ((this.#begins[id + 1] as number) - from !== end - begin) return false
    if (this.#continued[id] !== (begin === 0 ? 0 : 1)) return false
    for (let at = begin; at < end; at++) if (this.#units[from + at - begin] !== word[at]) return false
    return true
  }

  #add(id: number, piece: string): void {
    const from = this.#begins[id] as number
    let hash = this.#continued[id] === 1 ? SEED_CONTINUED : SEED_START
    for (let at = 0; at < piece.length; at++) {
      const unit = piece.charCodeAt(at)
      this.#units[from + at] = unit
      hash = Math.imul(hash ^ unit, PRIME)
    }
    this.#begins[id + 1] = from + piece.length
    this.#hashes[id] = hash
    let slot = spread(hash) & this.#mask
    while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & this.#mask
    this.#slots[slot] = id
  }
}

/** The low bits of the hashes of short pieces are much alike; this makes all bits count. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
  return mixed ^ (mixed >>> 15)
}

function isContinued(token: string): boolean {
  return token.startsWith(CONTINUES) && token.length > CONTINUES.length
}
