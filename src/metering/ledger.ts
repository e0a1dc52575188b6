/** The port to the durable record of every request and of every attempt that a provider saw. */
import type { BudgetAccount, Reservation } from './budget.ts'
import type { Decision } from './decision.ts'
import type { SavingsNote } from './savings-note.ts'
import type { Terms } from './terms.ts'
import type { Tokens, UsageSource } from './tokens.ts'

/** What is known of a request before its first attempt. Times are Unix milliseconds. */
export interface RequestOpened {
  /** Sorts by time: see `requestId`. */
  id: string
  at: number
  tenant: string
  team: string | undefined
  keyName: string | undefined
  user: string | undefined
  workflow: string
  step: string | undefined
  session: string | undefined
  tags: Readonly<Record<string, string>>
  endpoint: string
  modelAsked: string | undefined
  rule: string | undefined
  stream: boolean
}

export interface AttemptOpened {
  requestId: string
  /** 0 for the first attempt of a request. */
  ordinal: number
  provider: string
  model: string
  replica: string
  account: string
  tier: string | undefined
  startedAt: number
  /** Tokens of input that a crash would be settled with. */
  estimatedInputTokens: number
  /** Set aside in the same commit, or the attempt is refused. */
  reservations?: readonly Reservation[] | undefined
}

export type AttemptOutcome =
  | 'answered'
  | 'rejected' // a 4xx that is the caller's own
  | 'rate_limited'
  | 'failed' // 5xx, reset, malformed, error event
  | 'timeout'
  | 'unreachable' // the provider never saw it
  | 'abandoned' // the caller left
  | 'insufficient' // answered, but not well enough for the policy
  | 'interrupted' // the stream broke after content, or this process died

export interface AttemptSettled {
  requestId: string
  ordinal: number
  outcome: AttemptOutcome
  /** The provider's HTTP status; undefined where none arrived. */
  status: number | undefined
  /** As the attempt was opened with: what it cost takes their place. */
  reservations?: readonly Reservation[] | undefined
  tokens: Tokens
  usage: UsageSource
  /** What the price depends on besides; kept so that the attempt can be priced again. */
  terms?: Terms | undefined
  /** Undefined where the price is unknown; 0 only where it is known to be free. */
  costNanoUsd: number | undefined
  priceVersion: string | undefined
  firstChunkMs: number | undefined
  totalMs: number
}

/**
 * How a request met the cache: answered from it (`exact`, `semantic`), with another's answer (`coalesced`), or not.
 * `knowledge`: documents answered, which are asked after it.
 * `partial`: embeddings of which it knew some, and a provider was asked for the others.
 * `audit`: trimtab's own, which asks a model what a hit should have said.
 */
export type CacheOutcome =
  | 'exact'
  | 'semantic'
  | 'coalesced'
  | 'knowledge'
  | 'partial'
  | 'miss'
  | 'bypass'
  | 'audit'

export type ShadowMechanism = 'exact' | 'semantic'

export interface RequestSettled {
  id: string
  /** HTTP status the caller got; 499 where the caller left first. */
  status: number
  /** Failure code, or undefined where the request was answered. */
  error: string | undefined
  tier: string | undefined
  cache: CacheOutcome
  /**
   * What the answer would have cost without anything that saves: no memory, no shared call, no prefix cache.
   * Undefined where its price is unknown, or where there was no whole answer.
   */
  baselineNanoUsd: number | undefined
  /** Absent where one mechanism has all that was saved. */
  savings?: SavingsNote | undefined
  /** A mechanism in shadow that would have answered, and what that would have saved. */
  shadow: { mechanism: ShadowMechanism; savedNanoUsd: number | undefined } | undefined
  /** Whether the semantic cache's answer was wrong, where a model's own told; undefined where nobody looked. */
  semanticWrong: boolean | undefined
  firstChunkMs: number | undefined
  totalMs: number
  decision: Decision
}

export interface Ledger {
  /**
   * Writes a request with its first attempt, ahead of the call.
   * Resolves once both rows are committed, at the end of this turn of the event loop.
   * @throws Failure `ledger_unavailable` where they could not be written; Overdraft where a budget does not hold its
   * reservations, and nothing was written.
   */
  openRequest(request: RequestOpened, attempt: AttemptOpened): Promise<void>
  /** As `openRequest`, for an attempt after the first. */
  openAttempt(attempt: AttemptOpened): Promise<void>
  /** Queued for the same commit as everything else of this turn; never throws. */
  settleAttempt(attempt: AttemptSettled): void
  /** Corrects what was settled by size, at `beforeNanoUsd`, now that its tokens are counted. */
  recountAttempt(attempt: AttemptSettled, beforeNanoUsd: number | undefined): void
  /** A second time where an attempt was counted after it: the later one holds. */
  settleRequest(request: RequestSettled): void
  /** A request that ended before any provider was called. */
  recordUnsent(request: RequestOpened, settled: RequestSettled): void
  /** Nano-dollars spent and set aside, as the file has it now. */
  budgetSpent(account: BudgetAccount): number
  /** True while rows can be written; `/readyz` shows it. */
  readonly healthy: boolean
  /** Why they cannot, in a sentence for the operator. */
  readonly fault: string | undefined
  /** Rows that wait to be written, and rows given up since the start. */
  readonly backlog: { waiting: number; lost: number }
  /** Writes what is queued and closes. */
  close(): Promise<void>
}
