/**
 * `prefix`: where most of the prompt is cached, until that would wait longer than computing it again elsewhere is worth; else
 * the least work. Prefix alone is known to collapse: all that begins alike would go to one replica, and the rest stand idle.
 */
import type { Asked, Candidate } from './candidate.ts'
import { least, usable } from './usable.ts'
import { rateOfUnknown, uncachedTokens, workTokens } from './work.ts'

/** Of the prompt, from which a replica counts as warm (llm-d's default of August 2026). */
const WARM_SHARE = 0.8
/** Below it, there is nothing to keep: one block of 64 tokens, twice. */
const LEAST_CACHED_TOKENS = 128
/** What others must save, beside the prefill that they would do again: that delays whoever they answer. */
const WORTH = 1
const LEAST_PENALTY_MS = 50
/** More requests than the least busy has, and by how much: then what begins alike is shared by more replicas. */
const HOT_REQUESTS = 8
const HOT_SHARE = 1.5
const FULL_KV = 0.95
/** Prefill this short is not what a request waits for: the steps of those under way are. */
const DECODE_BOUND_TOKENS = 512
/** Of requests, to see what nobody expected. */
const EXPLORED_SHARE = 0.01

export function prefix(candidates: readonly Candidate[], asked: Asked): number {
  const { promptTokens, random } = asked
  const among = usable(candidates)
  if (among.length === 1) return among[0] as number
  if (random() < EXPLORED_SHARE) return among[Math.floor(random() * among.length)] as number
  const cool = withoutHot(candidates, among)
  const warm = cool.filter((index) => isWarm(candidates[index] as Candidate, promptTokens))
  if (warm.length > 0 && isWorthWaiting(candidates, warm, cool, promptTokens))
    return leastWork(candidates, warm, asked)
  return leastWork(candidates, cool, asked)
}

function isWarm({ cachedTokens }: Candidate, promptTokens: number): boolean {
  return cachedTokens >= LEAST_CACHED_TOKENS && cachedTokens >= WARM_SHARE * promptTokens
}

/** At least the least busy is left. */
function withoutHot(candidates: readonly Candidate[], among: readonly number[]): readonly number[] {
  let fewest = Number.POSITIVE_INFINITY
  for (const index of among) fewest = Math.min(fewest, candidates[index]?.inFlight ?? 0)
  const most = Math.max(fewest + HOT_REQUESTS, fewest * HOT_SHARE)
  const cool = among.filter((index) => {
    const { inFlight, kvUsage = 0 } = candidates[index] as Candidate
    return inFlight <= most && (kvUsage < FULL_KV || inFlight === fewest)
  })
  return cool.length > 0 ? cool : among
}

function isWorthWaiting(
  candidates: readonly Candidate[],
  warm: readonly number[],
  all: readonly number[],
  promptTokens: number,
): boolean {
  const unknown = rateOfUnknown(candidates)
  const rateOf = (it: Candidate): number => it.firstChunkMsPerToken ?? unknown
  const expectedMs = (it: Candidate): number => rateOf(it) * workTokens(it, promptTokens)
  const bestWarm = candidates[least(candidates, warm, expectedMs, never)] as Candidate
  const best = candidates[least(candidates, all, expectedMs, never)] as Candidate
  const againTokens = uncachedTokens(best, promptTokens) - uncachedTokens(bestWarm, promptTokens)
  const penaltyMs = Math.max(LEAST_PENALTY_MS, WORTH * againTokens * rateOf(best))
  return expectedMs(bestWarm) - expectedMs(best) <= penaltyMs
}

/** Of what nobody holds, the one that was longest without such a prompt: its cache has room, or something old to give up. */
function leastWork(candidates: readonly Candidate[], among: readonly number[], asked: Asked): number {
  const { promptTokens, random, nowMs } = asked
  let most = 0
  let cached = 0
  for (const index of among) {
    const candidate = candidates[index] as Candidate
    most = Math.max(most, candidate.inFlightUncachedTokens + uncachedTokens(candidate, promptTokens))
    cached = Math.max(cached, candidate.cachedTokens)
  }
  if (most <= DECODE_BOUND_TOKENS) return least(candidates, among, byRequests, random)
  if (cached >= LEAST_CACHED_TOKENS)
    return least(candidates, among, (it) => workTokens(it, promptTokens), random)
  const fewest = leastWorkOf(candidates, among, promptTokens)
  const near = among.filter(
    (index) => workTokens(candidates[index] as Candidate, promptTokens) <= fewest + REQUEST_SLACK,
  )
  return least(candidates, near, ({ lastColdAtMs }) => Math.min(lastColdAtMs, nowMs), random)
}

/** Two requests more are no difference. */
const REQUEST_SLACK = 256

function leastWorkOf(
  candidates: readonly Candidate[],
  among: readonly number[],
  promptTokens: number,
): number {
  let fewest = Number.POSITIVE_INFINITY
  for (const index of among)
    fewest = Math.min(fewest, workTokens(candidates[index] as Candidate, promptTokens))
  return fewest
}

/** What it has cached decides between those alike. */
function byRequests({ inFlight, cachedTokens }: Candidate): number {
  return inFlight - cachedTokens / 1e6
}

const never = (): number => 1
