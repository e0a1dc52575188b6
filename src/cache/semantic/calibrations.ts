/** What the verifier and a workflow's confidence begin with, by embedder. Made by `node training/verifier/calibrate.mjs`. */
import type { CurvePrior } from './wrong-curve.ts'

/** Log odds of a wrong answer: see `riskOf`. */
export interface Calibration {
  base: number
  /** Per unit of the logarithm of the distance, which is 1 - cosine. */
  distance: number
  curve: CurvePrior
}

const CALIBRATIONS: Readonly<Record<string, Calibration>> = {
  minilm: {
    base: 1.622,
    distance: 1.57,
    curve: { shiftMean: 0, shiftDeviation: 2, slopeMean: 1, slopeDeviation: 0.25 },
  },
  'static-256': {
    base: 1.825,
    distance: 1.411,
    curve: { shiftMean: 0, shiftDeviation: 2, slopeMean: 1, slopeDeviation: 0.25 },
  },
}

/** For an embedder that was never calibrated: little is served before its own traffic has been judged. */
const UNKNOWN: Calibration = {
  base: 8,
  distance: 2,
  curve: { shiftMean: 0, shiftDeviation: 2.5, slopeMean: 1, slopeDeviation: 0.25 },
}

/** By family: a table that is trained anew has other bytes, and so another id, but the same scale. */
export function calibrationOf(embedderId: string): Calibration {
  const family = Object.keys(CALIBRATIONS).find((name) => embedderId.startsWith(name))
  return (family === undefined ? undefined : CALIBRATIONS[family]) ?? UNKNOWN
}
