/**
 * `prefix`: the least work, where a prompt that has to be computed again counts more than its time: it takes the place of what
 * others come back to. Unless many begin alike and all that hold it are busier than their share: then it counts less, so that
 * more replicas come to hold it. Prefix alone is known to collapse: all of it would go to one, and the rest stand idle. The next
 * turn of a conversation stays: nobody else has a use for a second copy. Who says of itself that it is full is left, whatever it
 * holds.
 *
 * The constants are those of the least first-token times in `npm run bench:sim`.
 */
import type { Asked, Candidate } from './candidate.ts'
import { withoutSaturated } from './saturated.ts'
import { least, usable, within } from './usable.ts'
import { COLD_SHARE, REQUEST_TOKENS, rateOfUnknown, uncachedTokens, workTokens } from './work.ts'

/** Below it, there is nothing to keep: about a block. */
const LEAST_CACHED_TOKENS = 48
/** Of the most that any holds: who has as much holds it too. */
const HOLDS_SHARE = 0.8
/** How often a token counts that is computed again. */
const MISS_WORTH = 3
const MISS_WORTH_WHERE_BUSY = 0.8
/** Of the mean of requests under way. */
const BUSY_SHARE = 1.08
/** Where all that hold it have so many requests and another has none: where answers take long, that would stay idle. */
const MANY = 8
const MISS_WORTH_WHERE_IDLE = 0.25
/** A prompt this soon computed is not what its request waits for: the steps of those under way are. */
const DECODE_BOUND_MS = 32
/** Times the fastest: what is nearer may be chance, since peaks are measured. */
const SLOW = 4
/** Two requests more are no difference to a prompt that nobody holds, unless it is a short one. */
const COLD_SLACK_TOKENS = 2 * REQUEST_TOKENS
const COLD_SLACK_SHARE = 0.125
/** Of prompts that nobody holds, to see what nobody expected: others would lose what is held. */
const EXPLORED_SHARE = 0.01

export function prefix(candidates: readonly Candidate[], asked: Asked): number {
  const { promptTokens, random, continues = false } = asked
  const among = withoutSaturated(candidates, usable(candidates))
  if (among.length === 1) return among[0] as number
  const fastest = rateOfUnknown(candidates)
  if (promptTokens * fastest <= DECODE_BOUND_MS) {
    const fewest = within(candidates, among, underWay, 0)
    const cached = (it: Candidate): number => -it.cachedTokens / timesSlow(it, fastest)
    const warmest = within(candidates, fewest, cached, LEAST_CACHED_TOKENS)
    return least(candidates, warmest, ({ lastColdAtMs }) => lastColdAtMs, random)
  }
  const held = mostCached(candidates, among)
  if (held < Math.max(LEAST_CACHED_TOKENS, COLD_SHARE * promptTokens))
    return forCold(candidates, among, asked, fastest)
  const ofHolders = continues ? 0 : fewestOfHolders(candidates, among, held)
  const isBusy = ofHolders > 0 && ofHolders > BUSY_SHARE * meanUnderWay(candidates, among)
  const worth = isBusy ? MISS_WORTH_WHERE_BUSY : MISS_WORTH
  const worthWhereIdle = isBusy && ofHolders >= MANY ? MISS_WORTH_WHERE_IDLE : worth
  const weighed = (it: Candidate): number =>
    timesSlow(it, fastest) *
    (it.inFlightUncachedTokens +
      (underWay(it) === 0 ? worthWhereIdle : worth) * uncachedTokens(it, promptTokens) +
      REQUEST_TOKENS * (underWay(it) + 1))
  return least(candidates, among, weighed, random)
}

/** Of those near the least work, the one that was longest without such a prompt: its cache has room, or something old to give up. */
function forCold(
  candidates: readonly Candidate[],
  among: readonly number[],
  { promptTokens, nowMs, random }: Asked,
  fastest: number,
): number {
  if (random() < EXPLORED_SHARE) return among[Math.floor(random() * among.length)] as number
  // The little that some hold is what all begin with: it would draw all to them.
  const work = (it: Candidate): number => {
    const { inFlight, othersInFlight, inFlightUncachedTokens } = it
    const load = { inFlight, othersInFlight, inFlightUncachedTokens, cachedTokens: 0 }
    return timesSlow(it, fastest) * workTokens(load, promptTokens)
  }
  const slack = Math.min(COLD_SLACK_TOKENS, COLD_SLACK_SHARE * promptTokens)
  const near = within(candidates, among, work, slack)
  return least(candidates, near, ({ lastColdAtMs }) => Math.min(lastColdAtMs, nowMs), random)
}

/** 1 unless it is much slower than the fastest. */
function timesSlow(
  { firstChunkMsPerToken = 0 }: Pick<Candidate, 'firstChunkMsPerToken'>,
  fastest: number,
): number {
  return Math.max(1, firstChunkMsPerToken / (SLOW * fastest))
}

function meanUnderWay(candidates: readonly Candidate[], among: readonly number[]): number {
  let total = 0
  for (const index of among) total += underWay(candidates[index] as Candidate)
  return total / among.length
}

/** Requests under way at the idlest of those that hold it. */
function fewestOfHolders(candidates: readonly Candidate[], among: readonly number[], held: number): number {
  let fewest = Number.POSITIVE_INFINITY
  for (const index of among) {
    const it = candidates[index] as Candidate
    if (it.cachedTokens >= HOLDS_SHARE * held) fewest = Math.min(fewest, underWay(it))
  }
  return fewest
}

function underWay({ inFlight, othersInFlight }: Candidate): number {
  return inFlight + othersInFlight
}

function mostCached(candidates: readonly Candidate[], among: readonly number[]): number {
  let most = 0
  for (const index of among) most = Math.max(most, candidates[index]?.cachedTokens ?? 0)
  return most
}
