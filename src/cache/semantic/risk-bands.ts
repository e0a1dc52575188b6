/** Bands of risk: the verifier's chance that a remembered answer is wrong, cut evenly on the scale of log odds. */

/** Log odds where the safest band ends, and the width of each; the last band has no end. */
const FIRST_EDGE = -8
const WIDTH = 0.3

/** How many there are: from a chance of 1 in 3,000 to one of two in three. */
export const BAND_COUNT = 30

/** 0 is the safest. @param risk chance of a wrong answer, 0 to 1 */
export function bandOf(risk: number): number {
  const band = Math.ceil((logOdds(risk) - FIRST_EDGE) / WIDTH)
  return Math.max(0, Math.min(BAND_COUNT - 1, band))
}

/** Log odds that stand for all risks of a band. */
export function logOddsOfBand(band: number): number {
  return FIRST_EDGE + (band - 0.5) * WIDTH
}

/** Up to and including this risk a candidate lies in the band or a safer one; 1 for the last. */
export function highestRiskOf(band: number): number {
  return band === BAND_COUNT - 1 ? 1 : chanceOf(FIRST_EDGE + band * WIDTH)
}

function logOdds(chance: number): number {
  const kept = Math.min(1 - 1e-9, Math.max(1e-9, chance))
  return Math.log(kept / (1 - kept))
}

export function chanceOf(odds: number): number {
  return 1 / (1 + Math.exp(-odds))
}
