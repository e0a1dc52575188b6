// A server's KV cache: blocks that requests in flight share, and blocks that nobody uses, the least recently used of which go first.

/** Blocks are named by numbers that stand for all the text up to their end, as chained hashes do. */
export class KvCache {
  #capacity
  #users = new Map()
  /** Of blocks without users, the oldest first. */
  #unused = new Set()
  #reserved = 0

  constructor(capacityBlocks) {
    this.#capacity = capacityBlocks
  }

  /** Share in use by requests in flight. */
  get usage() {
    return (this.#users.size - this.#unused.size + this.#reserved) / this.#capacity
  }

  /** How many of a prompt's blocks are here, from its beginning. */
  matched(chain, blocks) {
    let count = 0
    while (count < blocks && this.#users.has(chain[count])) count++
    return count
  }

  /** Takes a prompt's blocks and room for `more`. Returns how many were here, or -1 where there is no room yet. */
  take(chain, blocks, more) {
    const matched = this.matched(chain, blocks)
    let reused = 0
    for (let index = 0; index < matched; index++) if (this.#unused.has(chain[index])) reused++
    const room = this.#capacity - this.#users.size - this.#reserved + this.#unused.size - reused
    if (blocks - matched + more > room) return -1
    for (let index = 0; index < matched; index++) {
      const block = chain[index]
      this.#unused.delete(block)
      this.#users.set(block, this.#users.get(block) + 1)
    }
    this.#reserved += more
    this.#evict(blocks - matched)
    for (let index = matched; index < blocks; index++) this.#take(chain[index])
    return matched
  }

  /** Gives back what `take` took; the answer's blocks, up to `written`, stay in the place of what was reserved. */
  release(chain, blocks, more, written) {
    this.#reserved -= more
    // The end of a prompt is less likely to be asked for again than its beginning, and goes first.
    for (let index = written - 1; index >= blocks; index--) this.#keep(chain[index])
    for (let index = blocks - 1; index >= 0; index--) {
      const block = chain[index]
      const users = this.#users.get(block) - 1
      this.#users.set(block, users)
      if (users === 0) this.#unused.add(block)
    }
  }

  /** Behind a block that went, a prompt may have some left: these are found by nobody, and taken over. */
  #take(block) {
    const users = this.#users.get(block)
    if (users === 0) this.#unused.delete(block)
    this.#users.set(block, (users ?? 0) + 1)
  }

  #keep(block) {
    if (this.#users.has(block)) return
    this.#users.set(block, 0)
    this.#unused.add(block)
  }

  #evict(needed) {
    const spare = this.#capacity - this.#users.size - this.#reserved
    let missing = needed - spare
    for (const block of this.#unused) {
      if (missing-- <= 0) return
      this.#unused.delete(block)
      this.#users.delete(block)
    }
  }
}
