/** The port to remembered answers. The store never decides: who may be answered is settled before it is asked. */
import type { Tokens } from '../metering/tokens.ts'

/** A whole answer as its provider gave it. */
export interface RememberedAnswer {
  key: string
  tenant: string
  workflow: string
  /** Who answered, for the header and for what a repeat saves. */
  provider: string
  model: string
  tier: string | undefined
  /** How it was recorded; it can be replayed as the other as well. */
  form: 'json' | 'stream'
  contentType: string
  body: Uint8Array
  /** The provider's `usage` object, where it reported one. */
  usage: unknown
  tokens: Tokens
  /** Unix milliseconds. */
  createdAt: number
  expiresAt: number
}

export interface PurgeFilter {
  workflow?: string | undefined
  tenant?: string | undefined
}

export interface ExactStoreStats {
  answers: number
  bytes: number
}

export interface ExactStore {
  /** Undefined where nothing is remembered, it has expired at `nowMs`, or the store is out of order: a miss. */
  find(key: string, nowMs: number): RememberedAnswer | undefined | Promise<RememberedAnswer | undefined>
  /** Never throws: what cannot be remembered is forgotten. */
  remember(answer: RememberedAnswer): void
  /** Returns how many answers are gone. */
  purge(filter: PurgeFilter): Promise<number>
  stats(): Promise<ExactStoreStats>
}
