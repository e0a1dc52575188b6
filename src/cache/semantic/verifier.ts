/**
 * The chance that a remembered answer is wrong for what is asked, after the vetoes: from the similarity that an embedder
 * confirmed and from what one question says and the other does not. A line in log odds; `calibrations.ts` has its numbers.
 */
import type { Calibration } from './calibrations.ts'
import type { Residue } from './residue.ts'
import { chanceOf } from './risk-bands.ts'

/** Keeps the logarithm finite: questions that differ by punctuation alone are this far apart. */
const LEAST_DISTANCE = 0.003

/** @param similarity cosine by the embedder that the calibration is of; @returns 0 to 1, lower is safer */
export function riskOf(similarity: number, residue: Residue, calibration: Calibration): number {
  const { base, distance, nothingUnsaid, oneSided, oneSidedWeight } = calibration
  let odds = base + distance * Math.log(1 - Math.min(1, similarity) + LEAST_DISTANCE)
  const asked = residue.askedOnly.length > 0
  const remembered = residue.rememberedOnly.length > 0
  if (!asked && !remembered) odds += nothingUnsaid
  else if (asked !== remembered) odds += oneSided + oneSidedWeight * residue.largest
  return chanceOf(odds)
}
