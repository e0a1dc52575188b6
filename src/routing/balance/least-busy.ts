/** `least_busy`: the fewest requests under way, others' too; where they tie, the least prefill ahead. */
import type { Asked, Candidate } from './candidate.ts'
import { least, usable } from './usable.ts'

/** More than any prefill that is worth a request. */
const TOKENS_OF_REQUEST = 1e9

export function leastBusy(candidates: readonly Candidate[], { random }: Asked): number {
  return least(candidates, usable(candidates), busy, random)
}

function busy({ inFlight, othersInFlight, inFlightUncachedTokens }: Candidate): number {
  return (inFlight + othersInFlight) * TOKENS_OF_REQUEST + inFlightUncachedTokens
}
