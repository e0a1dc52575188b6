// What other proxies remember of where which prefix went. They see what they sent, never what a server has evicted.

/** Which servers were sent each block, as bits, without a bound: vLLM's production-stack, and SGLang's router below its 2^26 characters. */
export class SentPrefixes {
  #servers = new Map()

  /** `{ blocks, servers }`: the longest match, and the bits of all that were sent it; of no match, zero blocks and no bit. */
  longest({ chain, promptTokens }, blockTokens) {
    const length = Math.floor(promptTokens / blockTokens)
    let servers = 0
    for (let blocks = 0; blocks < length; blocks++) {
      const here = this.#servers.get(chain[blocks]) ?? 0
      const both = blocks === 0 ? here : servers & here
      if (both === 0) return { blocks, servers }
      servers = both
    }
    return { blocks: length, servers }
  }

  insert({ chain, promptTokens }, replica, blockTokens) {
    const length = Math.floor(promptTokens / blockTokens)
    for (let index = 0; index < length; index++) {
      this.#servers.set(chain[index], (this.#servers.get(chain[index]) ?? 0) | (1 << replica))
    }
  }
}

/** The blocks that a server was sent lately, bounded: llm-d's approximate index. */
export class RecentBlocks {
  #most
  #blocks = new Set()

  constructor(most) {
    this.#most = most
  }

  matched(chain, length) {
    let count = 0
    while (count < length && this.#blocks.has(chain[count])) count++
    return count
  }

  insert(chain, length) {
    for (let index = length - 1; index >= 0; index--) {
      this.#blocks.delete(chain[index])
      this.#blocks.add(chain[index])
    }
    for (const block of this.#blocks) {
      if (this.#blocks.size <= this.#most) return
      this.#blocks.delete(block)
    }
  }
}
