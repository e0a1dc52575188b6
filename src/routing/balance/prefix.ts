/**
 * `prefix`: where most of the prompt is cached, until that would wait longer than computing it again elsewhere is worth; else
 * the least work. Prefix alone is known to collapse: all that begins alike would go to one replica, and the rest stand idle.
 */
import type { Asked, Candidate } from './candidate.ts'
import { least, usable, within } from './usable.ts'
import { COLD_SHARE, expectedMs, rateOfUnknown, uncachedTokens } from './work.ts'

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
/** Work that differs by two requests does not differ. */
const SLACK_TOKENS = 256
/** Of requests that would stay, to see what nobody expected; all others go round by themselves. */
const EXPLORED_SHARE = 0.01

export function prefix(candidates: readonly Candidate[], asked: Asked): number {
  const { promptTokens, random } = asked
  const among = usable(candidates)
  if (among.length === 1) return among[0] as number
  const cool = withoutHot(candidates, among)
  const warm: number[] = []
  for (const index of cool) if (isWarm(candidates[index] as Candidate, promptTokens)) warm.push(index)
  if (warm.length === 0) return leastWork(candidates, cool, asked)
  if (random() < EXPLORED_SHARE) return cool[Math.floor(random() * cool.length)] as number
  const waits = isWorthWaiting(candidates, { warm, cool }, promptTokens)
  return leastWork(candidates, waits ? warm : cool, asked)
}

function isWarm({ cachedTokens }: Candidate, promptTokens: number): boolean {
  return cachedTokens >= LEAST_CACHED_TOKENS && cachedTokens >= WARM_SHARE * promptTokens
}

/** At least the least busy is left. */
function withoutHot(candidates: readonly Candidate[], among: readonly number[]): readonly number[] {
  let fewest = Number.POSITIVE_INFINITY
  for (const index of among) fewest = Math.min(fewest, (candidates[index] as Candidate).inFlight)
  const most = Math.max(fewest + HOT_REQUESTS, fewest * HOT_SHARE)
  const cool: number[] = []
  for (const index of among) {
    const { inFlight, kvUsage = 0 } = candidates[index] as Candidate
    if (inFlight <= most && (kvUsage < FULL_KV || inFlight === fewest)) cool.push(index)
  }
  return cool
}

function isWorthWaiting(
  candidates: readonly Candidate[],
  { warm, cool }: { warm: readonly number[]; cool: readonly number[] },
  promptTokens: number,
): boolean {
  const unknown = rateOfUnknown(candidates)
  const bestWarm = soonest(candidates, warm, promptTokens, unknown)
  const best = soonest(candidates, cool, promptTokens, unknown)
  const againTokens = bestWarm.cachedTokens - best.cachedTokens
  const penaltyMs = Math.max(LEAST_PENALTY_MS, WORTH * againTokens * (best.firstChunkMsPerToken ?? unknown))
  return expectedMs(bestWarm, promptTokens, unknown) - expectedMs(best, promptTokens, unknown) <= penaltyMs
}

function soonest(
  candidates: readonly Candidate[],
  among: readonly number[],
  promptTokens: number,
  unknown: number,
): Candidate {
  let best = candidates[among[0] as number] as Candidate
  let bestMs = Number.POSITIVE_INFINITY
  for (const index of among) {
    const candidate = candidates[index] as Candidate
    const its = expectedMs(candidate, promptTokens, unknown)
    if (its >= bestMs) continue
    best = candidate
    bestMs = its
  }
  return best
}

function leastWork(candidates: readonly Candidate[], among: readonly number[], asked: Asked): number {
  const { promptTokens, random } = asked
  const unknown = rateOfUnknown(candidates)
  const work = (it: Candidate): number => expectedMs(it, promptTokens, unknown)
  const isCold = among.every((index) => isColdAt(candidates[index] as Candidate, promptTokens))
  const slackTokens = isCold ? Math.max(SLACK_TOKENS, COLD_SHARE * promptTokens) : SLACK_TOKENS
  const alike = isDecodeBound(candidates, among, promptTokens)
    ? within(candidates, among, ({ inFlight }) => inFlight, 0)
    : within(candidates, among, work, slackTokens * unknown)
  const warmest = isCold ? alike : within(candidates, alike, (it) => -it.cachedTokens, LEAST_CACHED_TOKENS)
  // Of what nobody holds, the one that was longest without such a prompt: its cache has room, or something old to give up.
  return least(candidates, warmest, ({ lastColdAtMs }) => lastColdAtMs, random)
}

function isColdAt({ cachedTokens }: Candidate, promptTokens: number): boolean {
  return cachedTokens < COLD_SHARE * promptTokens
}

function isDecodeBound(
  candidates: readonly Candidate[],
  among: readonly number[],
  promptTokens: number,
): boolean {
  return among.every((index) => {
    const candidate = candidates[index] as Candidate
    return candidate.inFlightUncachedTokens + uncachedTokens(candidate, promptTokens) <= DECODE_BOUND_TOKENS
  })
}
