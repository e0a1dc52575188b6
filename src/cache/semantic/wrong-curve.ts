/**
 * How a workflow's wrong answers follow the verifier's risk: `log odds = shift + slope × log odds of the risk`, as a grid of
 * hypotheses whose weights come from the shipped prior and from what was judged. A workflow whose questions differ by one
 * value shifts the whole curve with its first wrong answers, long before each band has evidence of its own.
 */
import { BAND_COUNT, chanceOf, logOddsOfBand } from './risk-bands.ts'

/** Shipped with the calibration: how far workflows were seen to lie from the verifier's average one, in log odds. */
export interface CurvePrior {
  shiftMean: number
  shiftDeviation: number
  slopeMean: number
  slopeDeviation: number
}

/** What was judged in a band: counts fade, so they need not be whole. */
export interface BandEvidence {
  /** Requests whose best candidate lay here, served or not. */
  seen: number
  judged: number
  wrong: number
}

export interface Hypotheses {
  /** Chance of a wrong answer by band, hypothesis after hypothesis. */
  chances: Float64Array
  /** Logarithm of the chance that the judge calls it wrong, and of the chance that it does not. */
  logWrong: Float64Array
  logRight: Float64Array
  logPrior: Float64Array
  count: number
}

const SHIFTS = 25
const SLOPES = 7
/** How many deviations the grid reaches to either side. */
const REACH = 2.5

/**
 * Made once for each prior: 175 hypotheses.
 * @param judgeError how often the judge is mistaken, either way, 0 to 0.5
 */
export function hypothesesOf(prior: CurvePrior, judgeError: number): Hypotheses {
  const count = SHIFTS * SLOPES
  const chances = new Float64Array(count * BAND_COUNT)
  const logPrior = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    const shiftAway = stepsAway(index % SHIFTS, SHIFTS)
    const slopeAway = stepsAway(Math.floor(index / SHIFTS), SLOPES)
    const shift = prior.shiftMean + shiftAway * prior.shiftDeviation
    const slope = Math.max(0.05, prior.slopeMean + slopeAway * prior.slopeDeviation)
    logPrior[index] = -(shiftAway ** 2 + slopeAway ** 2) / 2
    for (let band = 0; band < BAND_COUNT; band++)
      chances[index * BAND_COUNT + band] = chanceOf(shift + slope * logOddsOfBand(band))
  }
  const called = chances.map((chance) => judgeError + (1 - 2 * judgeError) * chance)
  const logWrong = called.map((chance) => Math.log(chance))
  const logRight = called.map((chance) => Math.log1p(-chance))
  return { chances, logWrong, logRight, logPrior, count }
}

/** How likely each hypothesis is after the evidence; sums to 1. */
export function weightsOf(hypotheses: Hypotheses, bands: readonly BandEvidence[]): Float64Array {
  const { logWrong, logRight, logPrior, count } = hypotheses
  const weights = Float64Array.from(logPrior)
  for (const [band, { judged, wrong }] of bands.entries()) {
    if (judged === 0) continue
    for (let index = 0; index < count; index++) {
      const at = index * BAND_COUNT + band
      const told = wrong * (logWrong[at] ?? 0) + (judged - wrong) * (logRight[at] ?? 0)
      weights[index] = (weights[index] ?? 0) + told
    }
  }
  return normalised(weights)
}

function stepsAway(index: number, steps: number): number {
  return ((2 * index) / (steps - 1) - 1) * REACH
}

function normalised(logWeights: Float64Array): Float64Array {
  const highest = logWeights.reduce((most, weight) => Math.max(most, weight), -Infinity)
  const weights = logWeights.map((weight) => Math.exp(weight - highest))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}
