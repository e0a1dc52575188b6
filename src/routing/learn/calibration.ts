/** Turns scores into probabilities: a logistic curve through what was seen (Platt 1999). */

/** `1 / (1 + exp(-(offset + slope × score)))`. Plain data, to be stored. */
export interface Calibration {
  offset: number
  slope: number
}

const STEPS = 25
/** Holds the slope where all labels are of one kind. */
const PENALTY = 1e-3

export function probabilityOf(score: number, { offset, slope }: Calibration): number {
  return 1 / (1 + Math.exp(-(offset + slope * score)))
}

/** By Newton's steps. @param lost by score, 1 or 0 @param takes by score, 1 where it counts */
export function calibrated(scores: Float64Array, lost: Uint8Array, takes: Uint8Array): Calibration {
  const { targetLost, targetKept } = smoothed(lost, takes)
  const curve = { offset: 0, slope: 1 }
  for (let step = 0; step < STEPS; step++) {
    let [gradient, gradientSlope] = [0, PENALTY * (curve.slope - 1)]
    let [curvature, mixed, curvatureSlope] = [PENALTY, 0, PENALTY]
    for (let row = 0; row < scores.length; row++) {
      if (takes[row] === 0) continue
      const score = scores[row] as number
      const probability = probabilityOf(score, curve)
      const away = probability - (lost[row] === 1 ? targetLost : targetKept)
      const spread = probability * (1 - probability)
      gradient += away
      gradientSlope += away * score
      curvature += spread
      mixed += spread * score
      curvatureSlope += spread * score * score
    }
    const determinant = curvature * curvatureSlope - mixed * mixed
    if (!(determinant > 1e-12)) break
    curve.offset -= (curvatureSlope * gradient - mixed * gradientSlope) / determinant
    curve.slope -= (curvature * gradientSlope - mixed * gradient) / determinant
  }
  return Number.isFinite(curve.offset) && Number.isFinite(curve.slope) ? curve : { offset: 0, slope: 1 }
}

/** Platt's targets: nobody is ever certain. */
function smoothed(lost: Uint8Array, takes: Uint8Array): { targetLost: number; targetKept: number } {
  let [ofLost, ofKept] = [0, 0]
  for (let row = 0; row < lost.length; row++) {
    if (takes[row] === 0) continue
    if (lost[row] === 1) ofLost++
    else ofKept++
  }
  return { targetLost: (ofLost + 1) / (ofLost + 2), targetKept: 1 / (ofKept + 2) }
}
