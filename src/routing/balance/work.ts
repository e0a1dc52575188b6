/** What a first chunk from a replica waits for, in tokens, and how long that takes. */
import type { Candidate } from './candidate.ts'

/** A request that is answered takes a share of each step: as much as the prefill of so many tokens. */
export const REQUEST_TOKENS = 128

/** Where nothing was measured: 16,000 tokens a second, an H100 with a model of 30 billion parameters. */
export const USUAL_MS_PER_TOKEN = 1 / 16

type Load = Pick<Candidate, 'inFlight' | 'othersInFlight' | 'inFlightUncachedTokens' | 'cachedTokens'>

export function uncachedTokens(
  { cachedTokens }: Pick<Candidate, 'cachedTokens'>,
  promptTokens: number,
): number {
  return Math.max(0, promptTokens - cachedTokens)
}

/** Prefill of this prompt and of those ahead of it, and what those under way take. */
export function workTokens(load: Load, promptTokens: number): number {
  return (
    load.inFlightUncachedTokens +
    uncachedTokens(load, promptTokens) +
    REQUEST_TOKENS * (load.inFlight + load.othersInFlight + 1)
  )
}

/** Less of a prompt in a cache is no reason to go there: tools and system prompts that all share would draw all to one replica. */
export const COLD_SHARE = 0.2

/** To a first chunk. @param unknown as `rateOfUnknown` tells it */
export function expectedMs(it: Candidate, promptTokens: number, unknown: number): number {
  return (it.firstChunkMsPerToken ?? unknown) * workTokens(it, promptTokens)
}

/** Milliseconds a token where a replica was not measured lately: as the fastest that was, so that it is tried. */
export function rateOfUnknown(candidates: readonly Candidate[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const { firstChunkMsPerToken } of candidates)
    if (firstChunkMsPerToken !== undefined && firstChunkMsPerToken < least) least = firstChunkMsPerToken
  return least === Number.POSITIVE_INFINITY ? USUAL_MS_PER_TOKEN : least
}
