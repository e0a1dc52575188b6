/** `hybrid`: the least sum of what the policy weighs, each beside the worst candidate. */
import type { Asked, Candidate, HybridWeights } from './candidate.ts'
import { least, usable } from './usable.ts'
import { mostInFlight, nearness } from './usage.ts'
import { expectedMs, rateOfUnknown, uncachedTokens } from './work.ts'

const ALL_ALIKE: HybridWeights = { cost: 1, latency: 1, prefix: 1, least_busy: 1, usage: 1 }

export function hybrid(candidates: readonly Candidate[], asked: Asked): number {
  const { promptTokens, random, weights = ALL_ALIKE } = asked
  const most = mostInFlight(candidates)
  const unknownRate = rateOfUnknown(candidates)
  const dearest = mostOf(candidates, ({ costNanoUsd }) => costNanoUsd ?? 0)
  const milliseconds = (it: Candidate): number => expectedMs(it, promptTokens, unknownRate)
  const slowest = mostOf(candidates, milliseconds)
  const weighed = (it: Candidate): number =>
    // Without a price it counts as the dearest.
    (weights.cost ?? 0) * share(it.costNanoUsd ?? dearest, dearest) +
    (weights.latency ?? 0) * share(milliseconds(it), slowest) +
    (weights.prefix ?? 0) * share(uncachedTokens(it, promptTokens), promptTokens) +
    (weights.least_busy ?? 0) * share(it.inFlight + it.othersInFlight, most) +
    (weights.usage ?? 0) * nearness(it, most)
  return least(candidates, usable(candidates), weighed, random)
}

function share(value: number, of: number): number {
  return of > 0 ? value / of : 0
}

function mostOf(candidates: readonly Candidate[], value: (it: Candidate) => number): number {
  let most = 0
  for (const it of candidates) most = Math.max(most, value(it))
  return most
}
