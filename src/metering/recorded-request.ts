/** A request as its record tells it after the fact: what was known, what was decided, what each attempt came to. */
import type { Decision } from './decision.ts'
import type { AttemptOutcome, CacheOutcome } from './ledger.ts'

export interface RecordedAttempt {
  provider: string
  model: string
  tier: string | undefined
  /** Undefined while it is under way. */
  outcome: AttemptOutcome | undefined
  /** Of input, as told before it left. */
  estimatedInputTokens: number
  /** In the order of TOKEN_BUCKETS. */
  tokens: readonly number[]
  /** Undefined where the price is unknown. */
  costNanoUsd: number | undefined
  totalMs: number | undefined
}

export interface RecordedRequest {
  id: string
  /** Unix milliseconds. */
  at: number
  workflow: string
  keyName: string | undefined
  user: string | undefined
  session: string | undefined
  tags: Readonly<Record<string, string>>
  endpoint: string
  modelAsked: string | undefined
  /** Of the target that answered. */
  tier: string | undefined
  failed: boolean
  cache: CacheOutcome | undefined
  totalMs: number | undefined
  /** Undefined where the process died before it could write it. */
  decision: Decision | undefined
  /** In the order they were made. */
  attempts: readonly RecordedAttempt[]
}

/** Recorded requests of a period, oldest first, as often as they are asked for. */
export interface RecordedTraffic {
  count(): number
  /** Workflows that a key was created for, by the key's name; a name that is missing may use all. */
  keyWorkflows(): ReadonlyMap<string, readonly string[]>
  forEach(visit: (request: RecordedRequest) => void): Promise<void>
}
