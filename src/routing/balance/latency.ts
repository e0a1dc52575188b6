/** `latency`: of two by chance, the one whose first chunk is expected sooner. */
import type { Asked, Candidate } from './candidate.ts'
import { usable } from './usable.ts'
import { expectedMs, rateOfUnknown } from './work.ts'

/** Two choices (Mitzenmacher 2001): who always took the best would send all that comes between two measurements to one. */
export function latency(candidates: readonly Candidate[], { promptTokens, random }: Asked): number {
  const among = usable(candidates)
  const unknown = rateOfUnknown(candidates)
  const first = Math.floor(random() * among.length)
  const other = (first + 1 + Math.floor(random() * (among.length - 1))) % among.length
  const one = among[first] ?? 0
  const two = among[other] ?? one
  const ofTwo = expectedMs(candidates[two] as Candidate, promptTokens, unknown)
  return ofTwo < expectedMs(candidates[one] as Candidate, promptTokens, unknown) ? two : one
}
