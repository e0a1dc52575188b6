/** Which candidates are to be chosen among. */
import type { Candidate } from './candidate.ts'

/**
 * Indices of those that answer and have a slot; where none has one, of those that answer; where none does, of all, since one
 * has to be asked.
 */
export function usable(candidates: readonly Candidate[]): number[] {
  const free = indices(candidates, (it) => it.isAvailable && hasSlot(it))
  if (free.length > 0) return free
  const answering = indices(candidates, ({ isAvailable }) => isAvailable)
  return answering.length > 0 ? answering : indices(candidates, () => true)
}

function hasSlot({ inFlight, capacity }: Candidate): boolean {
  return capacity === undefined || inFlight < capacity
}

function indices(candidates: readonly Candidate[], isMeant: (it: Candidate) => boolean): number[] {
  const found: number[] = []
  for (let at = 0; at < candidates.length; at++) if (isMeant(candidates[at] as Candidate)) found.push(at)
  return found
}

/** Those whose cost is the least, or no more than `slack` above it. */
export function within(
  candidates: readonly Candidate[],
  among: readonly number[],
  cost: (it: Candidate) => number,
  slack: number,
): readonly number[] {
  let lowest = Number.POSITIVE_INFINITY
  for (const index of among) lowest = Math.min(lowest, cost(candidates[index] as Candidate))
  return among.filter((index) => cost(candidates[index] as Candidate) <= lowest + slack)
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
