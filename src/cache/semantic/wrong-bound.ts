/** What serving down to a band would cost: wrong answers per request, with the upper bound of 95 %. */
import { BAND_COUNT } from './risk-bands.ts'
import type { BandEvidence, Hypotheses } from './wrong-curve.ts'

/** Judged outcomes that the curve counts as much as, in a band with evidence of its own. */
const CURVE_STRENGTH = 4
export interface ServingBound {
  /** Chance of a wrong answer by band: the curve's, corrected by the band's own evidence. */
  chances: Float64Array
  /** Upper bound of wrong answers per request when all bands up to and including this one are served. */
  upper: Float64Array
  /** Share of requests served so. */
  share: Float64Array
}

/**
 * @param shares share of requests whose best candidate lies in the band
 * @param deviations how many above the mean the bound is
 * @param judgeError how often the judge is mistaken, either way, 0 to 0.5
 */
export function servingBounds(
  hypotheses: Hypotheses,
  weights: Float64Array,
  bands: readonly BandEvidence[],
  shares: Float64Array,
  deviations: number,
  judgeError: number,
): ServingBound {
  const trust = 1 - 2 * judgeError
  const chances = new Float64Array(BAND_COUNT)
  const upper = new Float64Array(BAND_COUNT)
  const share = new Float64Array(BAND_COUNT)
  const served = new Float64Array(hypotheses.count)
  let ownVariance = 0
  let servedShare = 0
  for (let band = 0; band < BAND_COUNT; band++) {
    const { judged, wrong: called } = bands[band] ?? { judged: 0, wrong: 0 }
    const wrong = Math.max(0, called - judgeError * judged) / trust
    const part = shares[band] ?? 0
    const strength = CURVE_STRENGTH + judged
    let mean = 0
    for (let index = 0; index < hypotheses.count; index++) {
      const curve = hypotheses.chances[index * BAND_COUNT + band] ?? 0
      const blended = (CURVE_STRENGTH * curve + wrong) / strength
      served[index] = (served[index] ?? 0) + part * blended
      mean += (weights[index] ?? 0) * blended
    }
    chances[band] = mean
    const calledWrong = judgeError + trust * mean
    ownVariance += (part ** 2 * calledWrong * (1 - calledWrong)) / (trust ** 2 * (strength + 1))
    servedShare += part
    share[band] = servedShare
    upper[band] = upperOf(served, weights, ownVariance, deviations)
  }
  return { chances, upper, share }
}

function upperOf(
  rates: Float64Array,
  weights: Float64Array,
  ownVariance: number,
  deviations: number,
): number {
  let mean = 0
  let square = 0
  for (let index = 0; index < rates.length; index++) {
    const weighted = (weights[index] ?? 0) * (rates[index] ?? 0)
    mean += weighted
    square += weighted * (rates[index] ?? 0)
  }
  return mean + deviations * Math.sqrt(Math.max(0, square - mean ** 2) + ownVariance)
}
