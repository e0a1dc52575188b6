/** A run of blocks in the tree of what replicas hold, and who holds it: whoever holds a run holds all before it. */

export class PrefixNode {
  hashes: Float64Array
  parent: PrefixNode | undefined
  /** By their first block. */
  readonly children = new Map<number, PrefixNode>()
  readonly holds = new Map<Holder, Hold>()

  constructor(hashes: Float64Array, parent: PrefixNode | undefined) {
    this.hashes = hashes
    this.parent = parent
    if (parent !== undefined) parent.children.set(hashes[0] as number, this)
  }

  /** How many of its blocks, of which the first does, stand at `at` of others. */
  matched({ hashes, count }: { hashes: Float64Array; count: number }, at: number): number {
    const own = this.hashes
    const most = Math.min(own.length, count - at)
    // Each name holds all before it: where the last is the same, all are.
    if (own[most - 1] === hashes[at + most - 1]) return most
    let same = 1
    let differs = most
    while (differs - same > 1) {
      const middle = (same + differs) >> 1
      if (own[middle - 1] === hashes[at + middle - 1]) same = middle
      else differs = middle
    }
    return same
  }

  /** Cuts off all blocks from `length` on, into a child that all its holders hold. */
  split(length: number): void {
    const children = [...this.children]
    this.children.clear()
    const rest = new PrefixNode(this.hashes.slice(length), this)
    this.hashes = this.hashes.slice(0, length)
    for (const [first, child] of children) {
      rest.children.set(first, child)
      child.parent = rest
    }
    for (const hold of this.holds.values()) hold.holder.addOlder(hold, rest)
  }

  /** Only `holder` holds it, and nothing follows it: what a conversation grows by stays one run. */
  isEndOf(holder: Holder): boolean {
    return this.children.size === 0 && this.holds.size === 1 && this.holds.has(holder)
  }

  extend(hashes: Float64Array): void {
    const longer = new Float64Array(this.hashes.length + hashes.length)
    longer.set(this.hashes)
    longer.set(hashes, this.hashes.length)
    this.hashes = longer
    for (const holder of this.holds.keys()) holder.grew(hashes.length)
  }

  /** Nobody holds it: nobody holds what follows. */
  detach(): void {
    this.parent?.children.delete(this.hashes[0] as number)
  }
}

export interface Hold {
  node: PrefixNode
  holder: Holder
  usedAtMs: number
  newer: Hold | undefined
  older: Hold | undefined
}

/** What one replica holds, in the order of its use: a run is never older than what follows it, so that the end goes first. */
export class Holder {
  /** Of the walk that found how many blocks it holds. */
  walk = 0
  matched = 0
  #newest: Hold | undefined
  #oldest: Hold | undefined
  #blocks = 0
  #runs = 0

  get blocks(): number {
    return this.#blocks
  }

  grew(blocks: number): void {
    this.#blocks += blocks
  }

  /** Runs from the first to the last of a prompt: the last is used first, so that it is forgotten first. */
  use(path: readonly PrefixNode[], nowMs: number): void {
    for (let at = path.length - 1; at >= 0; at--) {
      const node = path[at] as PrefixNode
      let hold = node.holds.get(this)
      if (hold === undefined) {
        hold = { node, holder: this, usedAtMs: nowMs, newer: undefined, older: undefined }
        node.holds.set(this, hold)
        this.#blocks += node.hashes.length
        this.#runs++
      } else {
        if (this.#newest === hold) {
          hold.usedAtMs = nowMs
          continue
        }
        this.#unlink(hold)
        hold.usedAtMs = nowMs
      }
      this.#link(hold, this.#newest, undefined)
    }
  }

  /** Of a run that was split: its blocks are counted already. */
  addOlder(hold: Hold, node: PrefixNode): void {
    const added: Hold = { node, holder: this, usedAtMs: hold.usedAtMs, newer: undefined, older: undefined }
    node.holds.set(this, added)
    this.#runs++
    this.#link(added, hold.older, hold)
  }

  forgetDownTo(blocks: number, runs: number): void {
    while ((this.#blocks > blocks || this.#runs > runs) && this.#oldest !== undefined)
      this.#drop(this.#oldest)
  }

  /** With all that follows. */
  forget(node: PrefixNode): void {
    const hold = node.holds.get(this)
    if (hold === undefined) return
    for (const child of [...node.children.values()]) this.forget(child)
    this.#drop(hold)
  }

  #drop(hold: Hold): void {
    const { node } = hold
    this.#unlink(hold)
    node.holds.delete(this)
    this.#blocks -= node.hashes.length
    this.#runs--
    if (node.holds.size === 0) node.detach()
  }

  #link(hold: Hold, older: Hold | undefined, newer: Hold | undefined): void {
    hold.older = older
    hold.newer = newer
    if (older === undefined) this.#oldest = hold
    else older.newer = hold
    if (newer === undefined) this.#newest = hold
    else newer.older = hold
  }

  #unlink({ older, newer }: Hold): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
