/** What the verifier and a workflow's confidence begin with, by embedder. Made by `node training/verifier/calibrate.mjs`. */
import type { CurvePrior } from './wrong-curve.ts'

/** Log odds of a wrong answer: see `riskOf`. */
export interface Calibration {
  base: number
  /** Per unit of the logarithm of the distance, which is 1 - cosine. */
  distance: number
  /** Added where each question says everything the other says. */
  nothingUnsaid: number
  /** Added where one question says more and the other nothing in its place. */
  oneSided: number
  /** Added then for each nat that the rarest of these words weighs. */
  oneSidedWeight: number
  curve: CurvePrior
}

const CALIBRATIONS: Readonly<Record<string, Calibration>> = {}

/** For an embedder that was never calibrated: little is served before its own traffic has been judged. */
const UNKNOWN: Calibration = {
  base: 8,
  distance: 2,
  nothingUnsaid: -0.7,
  oneSided: 0.5,
  oneSidedWeight: 0.1,
  curve: { shiftMean: 0, shiftDeviation: 2.5, slopeMean: 1, slopeDeviation: 0.25 },
}

export function calibrationOf(embedderId: string): Calibration {
  return CALIBRATIONS[embedderId] ?? UNKNOWN
}
