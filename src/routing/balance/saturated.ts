/** What a replica's own metrics say of how full it is. */
import type { PassedOverNote } from '../../metering/decision.ts'
import type { Candidate } from './candidate.ts'

/** Who works on a full KV cache has to stop one request for another. */
const FULL_KV = 0.95
/** Less is between two of its steps. As many as llm-d's saturation detector takes. */
const LONG_QUEUE = 5
/** From here on what is only kept, and not being worked on, has to give way. */
const CROWDED_KV = 0.8
const LEAST_KEPT = 0.25

/** A request would wait in its queue. */
function isSaturated({ kvUsage, waiting }: Pick<Candidate, 'kvUsage' | 'waiting'>): boolean {
  return (kvUsage !== undefined && kvUsage >= FULL_KV) || (waiting !== undefined && waiting >= LONG_QUEUE)
}

/** Those that are not; where all are, all. */
export function withoutSaturated(
  candidates: readonly Candidate[],
  among: readonly number[],
): readonly number[] {
  let saturated = 0
  for (const index of among) if (isSaturated(candidates[index] as Candidate)) saturated++
  if (saturated === 0 || saturated === among.length) return among
  return among.filter((index) => !isSaturated(candidates[index] as Candidate))
}

/** Of those that are while `chosen` is not, the one that likely has most of the prompt. */
export function passedOver(candidates: readonly Candidate[], chosen: Candidate): PassedOverNote | undefined {
  let most: Candidate | undefined
  for (const it of candidates)
    if (isSaturated(it) && (most === undefined || it.cachedTokens > most.cachedTokens)) most = it
  if (most === undefined || isSaturated(chosen)) return undefined
  const { id, cachedTokens, waiting, kvUsage } = most
  return { replica: id, cachedTokens, waiting, kvUsage }
}

/** Of what it is expected to have cached, what is likely still there. */
export function keptShare(kvUsage: number | undefined): number {
  if (kvUsage === undefined || kvUsage <= CROWDED_KV) return 1
  return 1 - ((kvUsage - CROWDED_KV) / (1 - CROWDED_KV)) * (1 - LEAST_KEPT)
}
