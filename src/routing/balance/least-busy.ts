/** `least_busy`: the fewest requests under way; where they tie, the least prefill ahead. */
import type { Asked, Candidate } from './candidate.ts'
import { least, usable } from './usable.ts'

/** More than any prefill that is worth a request. */
const TOKENS_OF_REQUEST = 1e9

export function leastBusy(candidates: readonly Candidate[], { random }: Asked): number {
  return least(candidates, usable(candidates), busy, random)
}

function busy({ inFlight, inFlightUncachedTokens }: Candidate): number {
  return inFlight * TOKENS_OF_REQUEST + inFlightUncachedTokens
}
