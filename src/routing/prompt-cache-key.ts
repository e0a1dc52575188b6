/** Keys by which OpenAI brings requests that begin alike to one machine: few enough requests a key that one can serve them. */
import { forgetOldest } from '../forget-oldest.ts'

/**
 * Beyond about 15, OpenAI sends some of a key's requests to other machines, whose caches are cold; hashing gives some keys
 * half as many again as others.
 */
const MOST_PER_MINUTE = 10
const MOST_SHARDS = 256
const MOST_KEYS = 10_000
const MINUTE_MS = 60_000

interface Traffic {
  minute: number
  /** Requests in this minute, and in the one before it. */
  count: number
  before: number
  shards: number
}

export class PromptCacheKeys {
  readonly #traffic = new Map<string, Traffic>()

  /**
   * The key of a request, which counts it. Busy prefixes have several keys: a conversation keeps to one as long as their
   * number, a power of two, stays the same.
   */
  used(prefix: string, conversation: number, nowMs: number): string {
    const traffic = this.#traffic.get(prefix) ?? { minute: minuteOf(nowMs), count: 0, before: 0, shards: 1 }
    count(traffic, minuteOf(nowMs))
    this.#keep(prefix, traffic)
    return keyOf(prefix, conversation, traffic.shards)
  }

  /** The same, and nothing is counted. */
  look(prefix: string, conversation: number): string {
    return keyOf(prefix, conversation, this.#traffic.get(prefix)?.shards ?? 1)
  }

  #keep(prefix: string, traffic: Traffic): void {
    this.#traffic.delete(prefix)
    this.#traffic.set(prefix, traffic)
    forgetOldest(this.#traffic, MOST_KEYS)
  }
}

function count(traffic: Traffic, minute: number): void {
  if (minute !== traffic.minute) {
    traffic.before = minute - traffic.minute === 1 ? traffic.count : 0
    // Fewer only where a quarter would do: with each change some conversations find a cold machine.
    if (traffic.shards > 1 && traffic.before * 4 <= traffic.shards * MOST_PER_MINUTE) traffic.shards /= 2
    traffic.minute = minute
    traffic.count = 0
  }
  traffic.count++
  traffic.shards = Math.max(traffic.shards, shardsFor(traffic.count))
}

function shardsFor(perMinute: number): number {
  let shards = 1
  while (shards * MOST_PER_MINUTE < perMinute && shards < MOST_SHARDS) shards *= 2
  return shards
}

/** At most 64 characters, as OpenAI asks. */
function keyOf(prefix: string, conversation: number, shards: number): string {
  if (shards === 1) return `trimtab-${prefix}`
  return `trimtab-${prefix}-${conversation % shards}`
}

function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS)
}
