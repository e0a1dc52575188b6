/**
 * Which beginnings of prompts each replica is likely to have in its cache: a tree of blocks that all replicas share, so that one
 * walk tells it of all of them, each with a bounded memory of its own. A guess, corrected by what providers report.
 */
import type { Blocks } from './block-writer.ts'
import { Holder, PrefixNode } from './prefix-node.ts'

interface PrefixIndexParts {
  /** Of each replica: what was used longest ago is forgotten beyond it. */
  mostBlocks?: number
  /** How long a replica keeps what is not used; undefined: until others take its place. */
  idleMs?: number | undefined
}

/** A million tokens: more than the KV cache of most single servers, and what shrinks where it is too much. */
const MOST_BLOCKS = 16_384
const LEAST_BLOCKS = 256
/** Prompts of a few blocks each would be many: each takes as much memory as a hundred blocks. */
const MOST_RUNS = 2048
/** Of one report. */
const TRUST_SHARE = 0.2
/** Something is still expected, so that a replica can win trust back. */
const LEAST_TRUST = 0.05
/** A report below this share of what was expected says that more is forgotten than was thought. */
const FORGOTTEN_SHARE = 0.5
const SHRINK = 0.9
const GROW = 1.1

/** Of prompts: a replica's own counts of fewer say little, as they are not of the same moment as ours. */
const LEAST_COUNTED_TOKENS = 4096
/** Its counts are of our prompts where they are as many, more or less: sizes are estimates. */
const OURS_FROM = 0.7
const OURS_TO = 1.3

/** What is known of what one replica holds. */
export interface Memory {
  holder: Holder
  mostBlocks: number
  /** Share of what is expected that was reported lately; 1 until it has reported anything. */
  trust: number
  /** Some servers never tell what they had cached. */
  reports: boolean
  /** Since its own counts were last compared with what was expected. */
  counts: { askedTokens: number; expectedTokens: number; queried: number; cached: number }
}

export class PrefixIndex {
  readonly #root = new PrefixNode(new Float64Array(0), undefined)
  readonly #memories = new Map<string, Memory>()
  readonly #mostBlocks: number
  readonly #idleMs: number
  #walk = 0
  #continues = false

  constructor({ mostBlocks = MOST_BLOCKS, idleMs = Number.POSITIVE_INFINITY }: PrefixIndexParts = {}) {
    this.#mostBlocks = mostBlocks
    this.#idleMs = idleMs
  }

  /** Finds for all replicas at once how many of the blocks each holds: `matched` tells it until the next walk. */
  match(blocks: Blocks, nowMs: number): void {
    const walk = ++this.#walk
    this.#continues = false
    const since = nowMs - this.#idleMs
    const mayBeOld = this.#idleMs !== Number.POSITIVE_INFINITY
    let node = this.#root
    for (let at = 0; at < blocks.count; ) {
      const child = node.children.get(blocks.hashes[at] as number)
      if (child === undefined) return
      const same = child.matched(blocks, at)
      at += same
      for (const [holder, hold] of child.holds) {
        // Read only where it may be too long ago: what all begin with has a hold of every replica, and each is a miss in the CPU's cache.
        if (mayBeOld && hold.usedAtMs < since) continue
        holder.walk = walk
        holder.matched = at
      }
      if (same < child.hashes.length) return
      this.#continues = child.children.size === 0 && at < blocks.count
      node = child
    }
  }

  /**
   * Whether the blocks walked last go on from where nothing else does: the next turn of a conversation, and no beginning that
   * many have.
   */
  get continues(): boolean {
    return this.#continues
  }

  /** Blocks that the replica holds of those walked last. */
  matched(replicaId: string): number {
    const memory = this.#memories.get(replicaId)
    return memory !== undefined && memory.holder.walk === this.#walk ? memory.holder.matched : 0
  }

  /** Tokens that are expected to be cached, of `promptTokens` in `count` blocks and a rest that were walked last. */
  expectedTokens({ holder, trust }: Memory, count: number, promptTokens: number): number {
    if (holder.walk !== this.#walk || count === 0) return 0
    return Math.floor((holder.matched / count) * promptTokens * trust)
  }

  /** The replica was sent it: of what is longer than it holds at most, the beginning counts. */
  insert(replicaId: string, { hashes, count: all }: Blocks, nowMs: number): void {
    const { holder, mostBlocks } = this.of(replicaId)
    const blocks = { hashes, count: Math.min(all, Math.floor(mostBlocks)) }
    const path: PrefixNode[] = []
    let node = this.#root
    for (let at = 0; at < blocks.count; ) {
      const child = node.children.get(hashes[at] as number)
      if (child === undefined) {
        const rest = hashes.slice(at, blocks.count)
        if (node.isEndOf(holder)) node.extend(rest)
        else path.push(new PrefixNode(rest, node))
        break
      }
      const same = child.matched(blocks, at)
      if (same < child.hashes.length) child.split(same)
      path.push(child)
      at += same
      node = child
    }
    holder.use(path, nowMs)
    holder.forgetDownTo(mostBlocks, MOST_RUNS)
  }

  /** The replica did not answer: what it had not held before is nothing to count on. */
  forget(replicaId: string, blocks: Blocks, held: number): void {
    const holder = this.#memories.get(replicaId)?.holder
    if (holder === undefined) return
    let node = this.#root
    for (let at = 0; at < blocks.count; ) {
      const child = node.children.get(blocks.hashes[at] as number)
      if (child === undefined) return
      if (at >= held) return holder.forget(child)
      const same = child.matched(blocks, at)
      if (held - at < same) child.split(held - at)
      at += Math.min(same, held - at)
      node = child
    }
  }

  /** What the provider says it had cached, beside what was expected: tells how far the next expectation is to be trusted. */
  corrected(replicaId: string, expectedTokens: number, reportedTokens: number): void {
    const memory = this.#memories.get(replicaId)
    if (memory === undefined) return
    memory.reports ||= reportedTokens > 0
    if (!memory.reports || expectedTokens <= 0) return
    this.#correct(memory, expectedTokens, reportedTokens)
  }

  /** It is sent a prompt. */
  asked(replicaId: string, promptTokens: number, expectedTokens: number): void {
    const { counts } = this.of(replicaId)
    counts.askedTokens += promptTokens
    counts.expectedTokens += expectedTokens
  }

  /**
   * By its own counts it has looked for `queried` tokens since it told before, and found `cached` of them: as good as a report,
   * where it makes none and they are of what it was sent from here.
   */
  counted(replicaId: string, queried: number, cached: number): void {
    const memory = this.#memories.get(replicaId)
    if (memory === undefined || memory.reports) return
    const { counts } = memory
    counts.queried += queried
    counts.cached += cached
    if (Math.max(counts.askedTokens, counts.queried) < LEAST_COUNTED_TOKENS) return
    const share = counts.queried / Math.max(1, counts.askedTokens)
    if (share >= OURS_FROM && share <= OURS_TO && counts.expectedTokens > 0)
      this.#correct(memory, counts.expectedTokens, counts.cached / share)
    memory.counts = noCounts()
  }

  #correct(memory: Memory, expectedTokens: number, reportedTokens: number): void {
    // As expected without distrust, so that it can come back.
    const share = Math.min(1, (reportedTokens / expectedTokens) * memory.trust)
    memory.trust = Math.max(LEAST_TRUST, memory.trust + TRUST_SHARE * (share - memory.trust))
    const most =
      reportedTokens < expectedTokens * FORGOTTEN_SHARE
        ? Math.min(memory.mostBlocks, memory.holder.blocks) * SHRINK
        : memory.mostBlocks * GROW
    memory.mostBlocks = Math.max(LEAST_BLOCKS, Math.min(this.#mostBlocks, most))
  }

  keepOnly(replicaIds: ReadonlySet<string>): void {
    for (const [id, { holder }] of this.#memories) {
      if (replicaIds.has(id)) continue
      holder.forgetDownTo(0, 0)
      this.#memories.delete(id)
    }
  }

  /** Of a replica, made where there is none. */
  of(replicaId: string): Memory {
    let memory = this.#memories.get(replicaId)
    if (memory === undefined) {
      memory = {
        holder: new Holder(),
        mostBlocks: this.#mostBlocks,
        trust: 1,
        reports: false,
        counts: noCounts(),
      }
      this.#memories.set(replicaId, memory)
    }
    return memory
  }
}

function noCounts(): Memory['counts'] {
  return { askedTokens: 0, expectedTokens: 0, queried: 0, cached: 0 }
}
