/** The port to what watches how prompts of a workflow repeat each other, beside the requests. */
import type { PromptCut } from './cut-prompt.ts'
import type { ReuseTimes } from './reuse-times.ts'

/** Below this no provider's prefix cache begins, but for the newest models of one. */
export const SHORTEST_CACHED_TOKENS = 1024

/** A prompt that was answered, with what its provider counted of it. Times are Unix milliseconds. */
export interface AnsweredPrompt {
  tenant: string
  workflow: string
  session: string | undefined
  provider: string
  model: string
  account: string
  startedAt: number
  /** From then on the provider can have it in its cache. */
  answeredAt: number
  /** All of the prompt, read from a cache or not. */
  inputTokens: number
  readTokens: number
  /**
   * What was not read, in the prompt's order: how many tokens, and how many nano-dollars each would have been spared by
   * reading it, in turns.
   */
  unread: readonly number[]
  /** False where nobody knows what a token costs. */
  isPriced: boolean
  cut: PromptCut
}

/** A prefix was asked for so that its provider keeps it, or was found kept by it. */
export interface WarmedPrefix {
  workflow: string
  provider: string
  model: string
  /** Unix milliseconds. */
  at: number
  /** Of asking for it; absent where it was found. */
  costNanoUsd?: number
  /** By finding it. */
  sparedNanoUsd?: number
}

export interface PromptWatch {
  /** Takes its time elsewhere; never throws. */
  answered(prompt: AnsweredPrompt): void
  /** As `answered`. */
  warmed(event: WarmedPrefix): void
  /** How soon a workflow's prompts were repeated, lately; undefined where nobody knows. */
  reuse(workflow: string): ReuseTimes | undefined
}
