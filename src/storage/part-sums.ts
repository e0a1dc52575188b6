/** What the parts of requests' inputs sum to, in one array: what the rows of a report by `part` are made of. */

import { INPUT_PARTS } from '../metering/part-sizes.ts'
import { eachPartToken } from '../metering/part-tokens.ts'
import type { PartSizes } from '../metering/parts.ts'
import { INPUT_BUCKETS } from '../metering/tokens.ts'
import { addTo, type FigureSums, figureSums, isOwn } from './figure-sums.ts'
import type { ReportedAttempt, ReportedRequest } from './report-builder.ts'

/** Of each part. Rollups on disk name a sum by its place: change neither these nor the parts' order. */
const REQUESTS = 0
const COST_NANO_USD = 1
/** Attempts whose cost is not of the input alone: nothing of it is attributed. */
const UNSHARED = 2
const FIRST_TOKENS = 3
const FIELDS_A_PART = FIRST_TOKENS + INPUT_BUCKETS.length

export type PartSums = Float64Array

/** Those of one request, and of each of its attempts. */
export interface ReportedParts {
  request: PartSums
  attempts: readonly PartSums[]
}

/** Starts at nothing. */
export function partSums(): PartSums {
  return new Float64Array(INPUT_PARTS.length * FIELDS_A_PART)
}

/** A request of a caller's counts in each part that its attempts' input had. */
export function reportedParts(
  sizes: PartSizes,
  { cache, attempts }: Pick<ReportedRequest, 'cache' | 'attempts'>,
): ReportedParts {
  const request = partSums()
  const counts = isOwn({ cache }) ? 0 : 1
  return {
    request,
    attempts: attempts.map((attempt) => {
      const sums = attemptParts(sizes, attempt)
      for (let part = 0; part < sums.length; part += FIELDS_A_PART) {
        if (tokensAt(sums, part) > 0) request[part + REQUESTS] = counts
      }
      return sums
    }),
  }
}

/** Takes what is attributed to parts out of `rest`, a copy of the whole's sums, and returns the figures of each part. */
export function takeParts(sums: PartSums, rest: FigureSums): readonly { part: string; sums: FigureSums }[] {
  const parts: { part: string; sums: FigureSums }[] = []
  for (const [index, part] of INPUT_PARTS.entries()) {
    const first = index * FIELDS_A_PART
    if (tokensAt(sums, first) === 0) continue
    const own = figureSums()
    addTo(own, 'requests', sums[first + REQUESTS] ?? 0)
    for (const [place, bucket] of INPUT_BUCKETS.entries()) {
      const count = sums[first + FIRST_TOKENS + place] ?? 0
      addTo(own, bucket, count)
      addTo(rest, bucket, -count)
    }
    // A sum with gaps would look like the cost of the part.
    addTo(own, 'billable_attempts', 1)
    if (sums[first + UNSHARED] === 0) {
      const cost = sums[first + COST_NANO_USD] ?? 0
      addTo(own, 'priced_attempts', 1)
      for (const field of ['cost_nano_usd', 'baseline_nano_usd'] as const) {
        addTo(own, field, cost)
        addTo(rest, field, -cost)
      }
    }
    parts.push({ part, sums: own })
  }
  return parts
}

function attemptParts(sizes: PartSizes, { tokens, costNanoUsd }: ReportedAttempt): PartSums {
  const sums = partSums()
  eachPartToken(sizes, tokens, (part, bucket, count) => {
    const place = part * FIELDS_A_PART + FIRST_TOKENS + bucket
    sums[place] = (sums[place] ?? 0) + count
  })
  const hasOutput = tokens.some((count, place) => place >= INPUT_BUCKETS.length && count > 0)
  if (costNanoUsd === null || hasOutput) {
    for (let part = 0; part < sums.length; part += FIELDS_A_PART) {
      if (tokensAt(sums, part) > 0) sums[part + UNSHARED] = 1
    }
  } else shareCost(sums, costNanoUsd)
  return sums
}

/** By tokens, to the nano-dollar: what rounding down leaves over goes to the largest remainders. */
function shareCost(sums: PartSums, costNanoUsd: number): void {
  const shares: { place: number; remainder: number }[] = []
  let whole = 0
  for (let part = 0; part < sums.length; part += FIELDS_A_PART) whole += tokensAt(sums, part)
  if (whole === 0 || costNanoUsd === 0) return
  let left = costNanoUsd
  for (let part = 0; part < sums.length; part += FIELDS_A_PART) {
    const exact = costNanoUsd * (tokensAt(sums, part) / whole)
    if (exact === 0) continue
    // A share is never more than what is left, however a quotient was rounded.
    const share = Math.min(left, Math.floor(exact))
    sums[part + COST_NANO_USD] = share
    left -= share
    shares.push({ place: part + COST_NANO_USD, remainder: exact - share })
  }
  shares.sort((one, other) => other.remainder - one.remainder)
  for (let index = 0; left > 0; index++, left--) {
    const place = shares[index % shares.length]?.place ?? 0
    sums[place] = (sums[place] ?? 0) + 1
  }
}

function tokensAt(sums: PartSums, part: number): number {
  let tokens = 0
  for (let place = FIRST_TOKENS; place < FIELDS_A_PART; place++) tokens += sums[part + place] ?? 0
  return tokens
}
