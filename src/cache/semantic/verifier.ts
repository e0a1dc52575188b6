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
 * Log odds where one question says something and the other nothing in its place: for a word that tells at least one nat, and
 * for each nat of the rarest. No veto fires on a dropped or added word, and a long question hardly moves without one. Where
 * both sides have a rest it is mostly a synonym, and the similarity knows better. On licensed streams it costs next to
 * nothing (from 2 to 3: advising and banking as wrong per hit as before at 10 % served), and edits that drop a word need it.
 */
const ONE_SIDED = 3
const ONE_SIDED_PER_NAT = 0.3

/** @param similarity cosine by the embedder that the calibration is of; @returns 0 to 1, lower is safer */
export function riskOf(similarity: number, residue: Residue, calibration: Calibration): number {
  return chanceOf(calibration.base + calibration.distance * logDistance(similarity) + oneSidedOdds(residue))
}

export function logDistance(similarity: number): number {
  return Math.log(1 - Math.min(1, similarity) + LEAST_DISTANCE)
}

export function oneSidedOdds({ askedOnly, rememberedOnly, largest }: Residue): number {
  if (askedOnly.length > 0 === rememberedOnly.length > 0) return 0
  return ONE_SIDED * Math.min(1, largest) + ONE_SIDED_PER_NAT * largest
}
