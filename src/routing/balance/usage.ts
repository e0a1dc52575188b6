/** `usage`: the one that is farthest from its limits: rate limits, slots, memory for what it works on. */
import type { Asked, Candidate } from './candidate.ts'
import { least, usable } from './usable.ts'

export function usage(candidates: readonly Candidate[], { random }: Asked): number {
  const most = mostInFlight(candidates)
  return least(candidates, usable(candidates), (it) => nearness(it, most), random)
}

/** From 0, idle, to 1, at a limit; where no limit is known, beside the busiest, so that load still counts. */
export function nearness(
  { inFlight, othersInFlight, capacity, headroom, kvUsage }: Candidate,
  mostInFlight: number,
): number {
  const bySlots = (inFlight + othersInFlight) / (capacity ?? 4 * (mostInFlight + 1))
  return Math.min(1, Math.max(bySlots, headroom === undefined ? 0 : 1 - headroom, kvUsage ?? 0))
}

export function mostInFlight(candidates: readonly Candidate[]): number {
  let most = 0
  for (const { inFlight, othersInFlight } of candidates)
    if (inFlight + othersInFlight > most) most = inFlight + othersInFlight
  return most
}
