/** What the verifier and a workflow's confidence begin with, by family of embedders. Numbers made by `node training/verifier/calibrate.mjs`. */
import type { CurvePrior } from './wrong-curve.ts'

/** Log odds of a wrong answer: see `riskOf`. */
export interface Calibration {
  base: number
  /** Per unit of the logarithm of the distance, which is 1 - cosine. */
  distance: number
  curve: CurvePrior
}

type Family = keyof typeof IDS

/** A model that is trained or built anew has another digest at the end of its id, and the same scale. Pooled in another way it has another. */
const IDS = {
  minilm: /^(?:minilm|all-MiniLM-L6-v2)-(?:int8|fp32)-mean256-/,
  'encoder-384': /^encoder-384-/,
  'static-256': /^static-256-/,
} as const satisfies Record<string, RegExp>

const CALIBRATIONS: Readonly<Record<Family, Calibration>> = {
  minilm: {
    base: 2.372,
    distance: 2.258,
    curve: { shiftMean: 0, shiftDeviation: 2.12, slopeMean: 1, slopeDeviation: 0.25 },
  },
  'encoder-384': {
    base: 2.834,
    distance: 2.322,
    curve: { shiftMean: 0, shiftDeviation: 2.104, slopeMean: 1, slopeDeviation: 0.25 },
  },
  'static-256': {
    base: 2.995,
    distance: 2.209,
    curve: { shiftMean: 0, shiftDeviation: 2, slopeMean: 1, slopeDeviation: 0.25 },
  },
}

/** For an embedder that was never calibrated: little is served before its own traffic has been judged. */
const UNKNOWN: Calibration = {
  base: 8,
  distance: 2,
  curve: { shiftMean: 0, shiftDeviation: 2.5, slopeMean: 1, slopeDeviation: 0.25 },
}

/** @param embedderId as an `Embedder` names itself */
export function calibrationOf(embedderId: string): Calibration {
  const family = (Object.keys(IDS) as Family[]).find((name) => IDS[name].test(embedderId))
  return family === undefined ? UNKNOWN : CALIBRATIONS[family]
}
