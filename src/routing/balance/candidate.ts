/** A replica, or a model, that a request could go to, as strategies see it; and the request, as they see that. */

export interface Candidate {
  /** Of the replica; of a model, `provider/model`. */
  id: string
  /** Not cooling down, and not tried for this request already. Where none is, one is asked all the same. */
  isAvailable: boolean
  /** Requests under way. */
  inFlight: number
  /** The same of others than this process, as the replica told lately; 0 where it does not tell. */
  othersInFlight: number
  /** Requests in its own queue, ours and others'; undefined where it does not tell. */
  waiting: number | undefined
  /** Share of its KV cache in use, from 0 to 1; undefined where it does not tell. */
  kvUsage: number | undefined
  /** Tokens of input that were sent and are not expected to be cached, of requests whose first chunk has not come. */
  inFlightUncachedTokens: number
  /** Of this prompt, expected to be in its prefix cache; never more than the prompt has. */
  cachedTokens: number
  /**
   * Peak EWMA of how long a first chunk takes, per token of prefill that it waited for: its own and those in flight ahead of
   * it (see `FirstChunkRate`). Undefined where nothing was measured lately.
   */
  firstChunkMsPerToken: number | undefined
  /** Requests that it takes at once; undefined where nothing bounds them. */
  capacity: number | undefined
  /** What is left of its rate limits, from 0 (nothing) to 1; undefined where it does not tell. */
  headroom: number | undefined
  /** Of this request, at its expected cached tokens; undefined where it has no price. */
  costNanoUsd: number | undefined
  /** When it was last sent a prompt of which it had nothing; 0 for never. */
  lastColdAtMs: number
  /** Share of what is chosen by weight. */
  weight: number
}

/** What `hybrid` weighs, each from 0 to 1; what is left out has no say. */
export interface HybridWeights {
  cost?: number | undefined
  latency?: number | undefined
  prefix?: number | undefined
  least_busy?: number | undefined
  usage?: number | undefined
}

export interface Asked {
  promptTokens: number
  /** On the clock of `lastColdAtMs`. */
  nowMs: number
  /** In [0, 1). */
  random(): number
  /** Hash of what belongs together, as a 32-bit unsigned integer: the session, else the beginning of the conversation. */
  sessionHash: number
  /** It goes on from where nothing else does: the next turn of a conversation, and no beginning that many have. */
  continues?: boolean | undefined
  /** Of `hybrid`; undefined: all alike. */
  weights?: HybridWeights | undefined
}

/**
 * Index of the candidate that is to be asked. Pure but for `asked.random`, so that a simulator drives the very same code.
 * @param candidates at least one
 */
export type Strategy = (candidates: readonly Candidate[], asked: Asked) => number

export const STRATEGIES = [
  'priority',
  'weighted',
  'prefix',
  'least_busy',
  'latency',
  'usage',
  'cost',
  'hybrid',
  'session',
] as const

export type StrategyName = (typeof STRATEGIES)[number]
