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
    base: 1.939,
    distance: 1.946,
    curve: { shiftMean: 0, shiftDeviation: 2.023, slopeMean: 1, slopeDeviation: 0.25 },
  },
  'static-256': {
    base: 2.437,
    distance: 1.874,
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
