/** Who answered each session last: in memory alone, the ones that have been quiet longest forgotten first. */
import { forgetOldest } from '../forget-oldest.ts'

export interface Kept {
  tier: string | undefined
  provider: string
  /** As the provider knows it. */
  model: string
  account: string
  replica: string
  /** An answer of an earlier tier did not suffice. */
  escalated: boolean
  /** All tiers that answered so far. */
  tiers: readonly string[]
  /** Of the last request and its answer. */
  inputTokens: number
  outputTokens: number
  /** On a clock that never jumps. */
  untilMs: number
}

/** A session takes some 300 bytes. */
const MOST_SESSIONS = 20_000

export class KeptSessions {
  /** Whoever was answered last comes last. */
  readonly #sessions = new Map<string, Kept>()
  readonly #most: number

  constructor(most = MOST_SESSIONS) {
    this.#most = most
  }

  find(key: string, nowMs: number): Kept | undefined {
    const kept = this.#sessions.get(key)
    if (kept === undefined || kept.untilMs > nowMs) return kept
    this.#sessions.delete(key)
    return undefined
  }

  keep(key: string, kept: Kept): void {
    this.#sessions.delete(key)
    this.#sessions.set(key, kept)
    forgetOldest(this.#sessions, this.#most)
  }
}
