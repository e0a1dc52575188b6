/** `cost`: the cheapest at what it is expected to have cached; among those alike, the least work. */
import type { Asked, Candidate } from './candidate.ts'
import { least, usable } from './usable.ts'
import { uncachedTokens, workTokens } from './work.ts'

/** Prices this near are the same. */
const ALIKE = 1.001

export function cost(candidates: readonly Candidate[], { promptTokens, random }: Asked): number {
  const among = usable(candidates)
  // Without a price, what is not cached is what costs. What alone has none is not known to be cheap.
  const isPriced = among.some((index) => candidates[index]?.costNanoUsd !== undefined)
  const price = (it: Candidate): number =>
    isPriced ? (it.costNanoUsd ?? Number.POSITIVE_INFINITY) : uncachedTokens(it, promptTokens)
  let cheapest = Number.POSITIVE_INFINITY
  for (const index of among) cheapest = Math.min(cheapest, price(candidates[index] as Candidate))
  const cheap = among.filter((index) => price(candidates[index] as Candidate) <= cheapest * ALIKE)
  return least(candidates, cheap, (it) => workTokens(it, promptTokens), random)
}
