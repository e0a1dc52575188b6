/**
 * The chance that a remembered answer is wrong for what is asked, after the vetoes: from the similarity that an embedder
 * confirmed and from what one question says and the other does not. A line in log odds; `calibrations.ts` has its numbers.
 */
import type { Calibration } from './calibrations.ts'
import type { Residue } from './residue.ts'
import { chanceOf } from './risk-bands.ts'

/** Keeps the logarithm finite: questions that differ by punctuation alone are this far apart. */
const LEAST_DISTANCE = 0.003
/**
 * Log odds where one question says something and the other nothing in its place, or one other word: for a word that tells at
 * least one nat, and for each nat of the rarest. No veto fires on it, and a long question hardly moves. On licensed streams it
 * costs nothing at 5 and 10 % served; edits that drop, add or exchange a word need it.
 */
const UNANSWERED = 5
const UNANSWERED_PER_NAT = 0.5
/** Where both sides have a rest of several words it is mostly said in another way, and the similarity knows better. */
const OTHERWISE_PER_WORD = 0.2

/** @param similarity cosine by the embedder that the calibration is of; @returns 0 to 1, lower is safer */
export function riskOf(similarity: number, residue: Residue, calibration: Calibration): number {
  return chanceOf(calibration.base + calibration.distance * logDistance(similarity) + residueOdds(residue))
}

export function logDistance(similarity: number): number {
  return Math.log(1 - Math.min(1, similarity) + LEAST_DISTANCE)
}

export function residueOdds({ askedOnly, rememberedOnly, largest, isExchange }: Residue): number {
  const isOneSided = askedOnly.length > 0 !== rememberedOnly.length > 0
  if (!isOneSided && !isExchange) return OTHERWISE_PER_WORD * (askedOnly.length + rememberedOnly.length)
  return UNANSWERED * Math.min(1, largest) + UNANSWERED_PER_NAT * largest
}
