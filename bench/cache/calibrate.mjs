// The numbers that the verifier and the confidence begin with, from streams with labels. `training/verifier/calibrate.mjs`
// makes the ones that ship of all licensed sets; the bench leaves each set out in turn before it measures it.

/** Least spread of workflows that is assumed: a few sets show too little of what traffic may be. */
const LEAST_SHIFT = 2
const LEAST_SLOPE = 0.25
/** Beyond, nothing would be served: what happens there must not bend the line. */
const FARTHEST = 0.3
const ROUNDS = 150
/** Samples that tell a slope; more of one set count no more than these. */
const ENOUGH = 300
/**
 * Odds of a word on one side alone as the line is fitted with: less than the verifier's, which are no fit. Fitted with those
 * the line is so steep that they weigh no more than before; with intercepts of their own for such words it is so flat that
 * near repeats are not served before the audits.
 */
const ONE_SIDED = { word: 3, nat: 0.3 }
/** About the middle of the log distances: it keeps intercepts and slope apart. */
const CENTRE = -3

/** Log distance, one-sided odds and outcome of the candidate that would be served, of each request that has one. */
export function samplesOf(requests, semantic) {
  return requests.flatMap(({ candidates }) => {
    if (candidates.length === 0) return []
    const least = (candidate) =>
      2 * semantic.logDistance(candidate.similarity) + oneSidedOdds(candidate.residue)
    const { similarity, residue, right } = candidates.reduce((one, other) =>
      least(other) < least(one) ? other : one,
    )
    if (1 - similarity > FARTHEST) return []
    const x = semantic.logDistance(similarity)
    return [{ x, offset: oneSidedOdds(residue), wrong: right ? 0 : 1 }]
  })
}

function oneSidedOdds({ askedOnly, rememberedOnly, largest }) {
  if (askedOnly.length > 0 === rememberedOnly.length > 0) return 0
  return ONE_SIDED.word * Math.min(1, largest) + ONE_SIDED.nat * largest
}

/** @param sets `{name: samples}`; each counts the same, however many samples it has */
export function calibrated(sets) {
  const lists = Object.values(sets).filter((samples) => samples.length > 0)
  const { intercepts, slope } = commonSlope(lists)
  const base = mean(intercepts)
  const slopes = lists
    .filter(({ length }) => length >= ENOUGH)
    .map((samples) => commonSlope([samples], slope).slope / slope)
  const rounded = (value) => Math.round(value * 1000) / 1000
  return {
    base: rounded(base),
    distance: rounded(slope),
    curve: {
      shiftMean: 0,
      shiftDeviation: rounded(Math.max(LEAST_SHIFT, deviation(intercepts))),
      slopeMean: 1,
      slopeDeviation: rounded(Math.max(LEAST_SLOPE, Math.min(0.5, deviation(slopes)))),
    },
  }
}

/**
 * Logistic curves of greatest likelihood: an intercept for each list, one slope for all, a weak pull towards 2. Each list
 * counts as much as `ENOUGH` samples at most.
 */
function commonSlope(lists, expected = 2) {
  let slope = expected
  const centred = lists.map(() => 0)
  for (let round = 0; round < ROUNDS; round++) {
    let gradient = expected - slope
    let curvature = 1
    for (const [index, samples] of lists.entries()) {
      const scale = Math.min(1, ENOUGH / samples.length)
      let down = -0.01 * centred[index]
      let flat = 0.01
      for (const { x, offset, wrong } of samples) {
        const chance = 1 / (1 + Math.exp(-(centred[index] + slope * (x - CENTRE) + offset)))
        const weight = scale * chance * (1 - chance)
        down += scale * (wrong - chance)
        flat += weight
        gradient += scale * (wrong - chance) * (x - CENTRE)
        curvature += weight * (x - CENTRE) ** 2
      }
      centred[index] += Math.max(-1, Math.min(1, down / flat))
    }
    slope += Math.max(-0.2, Math.min(0.2, (0.5 * gradient) / curvature))
  }
  return { intercepts: centred.map((value) => value - slope * CENTRE), slope }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values) {
  const middle = mean(values)
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1),
  )
}
