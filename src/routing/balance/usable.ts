/** Which candidates are to be chosen among. */
import type { Candidate } from './candidate.ts'

/**
 * Indices of those that answer and have a slot; where none has one, of those that answer; where none does, of all, since one
 * has to be asked.
 */
export function usable(candidates: readonly Candidate[]): number[] {
  const free: number[] = []
  for (let at = 0; at < candidates.length; at++) {
    const { isAvailable, inFlight, capacity } = candidates[at] as Candidate
    if (isAvailable && (capacity === undefined || inFlight < capacity)) free.push(at)
  }
  if (free.length > 0) return free
  const all = candidates.map((_, index) => index)
  const answering = all.filter((index) => candidates[index]?.isAvailable)
  return answering.length > 0 ? answering : all
}

/** Those whose cost is the least, or no more than `slack` above it. */
export function within(
  candidates: readonly Candidate[],
  among: readonly number[],
  cost: (it: Candidate) => number,
  slack: number,
): readonly number[] {
  const costs = new Float64Array(among.length)
  let lowest = Number.POSITIVE_INFINITY
  for (let at = 0; at < among.length; at++) {
    const its = cost(candidates[among[at] as number] as Candidate)
    costs[at] = its
    if (its < lowest) lowest = its
  }
  const most = lowest + slack
  const found: number[] = []
  for (let at = 0; at < among.length; at++) if ((costs[at] as number) <= most) found.push(among[at] as number)
  return found
}

/** The index of the least cost; where several tie, one of them by chance, so that none is always first. */
export function least(
  candidates: readonly Candidate[],
  among: readonly number[],
  cost: (it: Candidate) => number,
  random: () => number,
): number {
  let best = among[0] ?? 0
  let bestCost = Number.POSITIVE_INFINITY
  let ties = 0
  for (const index of among) {
    const its = cost(candidates[index] as Candidate)
    if (its > bestCost) continue
    ties = its < bestCost ? 1 : ties + 1
    if (its < bestCost || random() * ties < 1) best = index
    bestCost = its
  }
  return best
}
