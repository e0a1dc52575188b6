/** `session`: what belongs together goes to the same one, as long as that has no more than its share of the load. */

import { hashOf } from '../text-hash.ts'
import type { Asked, Candidate } from './candidate.ts'
import { usable } from './usable.ts'

/** Of the mean load (consistent hashing with bounded loads, Mirrokni et al. 2018). */
const BOUND = 1.25

/** By rendezvous: each session has an order of its own, so that what one replica loses spreads over all others. */
export function session(candidates: readonly Candidate[], { sessionHash }: Asked): number {
  const among = usable(candidates)
  let total = 1
  for (const index of among) total += underWay(candidates[index] as Candidate)
  const most = Math.ceil((BOUND * total) / among.length)
  let best = among[0] ?? 0
  let bestRank = -1
  for (const index of among) {
    const it = candidates[index] as Candidate
    if (underWay(it) >= most) continue
    const rank = hashOf(it.id, sessionHash)
    if (rank <= bestRank) continue
    best = index
    bestRank = rank
  }
  return best
}

function underWay({ inFlight, othersInFlight }: Candidate): number {
  return inFlight + othersInFlight
}
