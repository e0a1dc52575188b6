/**
 * What is known of one remembered answer: at which similarities it was right. The rule is vCache's (arXiv 2502.03771,
 * written anew from the paper); unlike there nothing is explored on a caller, so it only ever forbids.
 */

export interface Observation {
  similarity: number
  right: boolean
}

/** Fewer, and vCache asks the model whatever the similarity. */
const FEWEST = 6
/** The newest are kept. */
const MOST = 32
/** Confidences over which the least chance of asking is taken. */
const CONFIDENCES = Array.from({ length: 50 }, (_, index) => (index + 1) / 51)
/** Similarity that a wrong answer keeps clear of while too few observations say more. */
const MARGIN = 0.01

/** Adds one, forgetting the oldest beyond 32. */
export function observed(observations: readonly Observation[], added: Observation): Observation[] {
  return [...observations, added].slice(-MOST)
}

/**
 * Whether the entry's own evidence lets it be served at this similarity. An entry that was never wrong may be.
 * @param wrongPerHit chance of a wrong answer that a hit may have
 */
export function entryMayServe(
  observations: readonly Observation[],
  similarity: number,
  wrongPerHit: number,
): boolean {
  let worst = -Infinity
  for (const { right, similarity: at } of observations) if (!right && at > worst) worst = at
  if (worst === -Infinity) return true
  if (observations.length < FEWEST) return similarity > worst + MARGIN
  return askingChance(observations, similarity, wrongPerHit) <= 0
}

/** vCache's τ: with which chance the model has to be asked so that at most `wrongRate` of decisions are wrong. */
export function askingChance(
  observations: readonly Observation[],
  similarity: number,
  wrongRate: number,
): number {
  if (observations.length < FEWEST) return 1
  // The two seeds: nothing like the question is wrong, the question itself is right.
  const seeded = [...observations, { similarity: 0, right: false }, { similarity: 1, right: true }]
  const { threshold, steepness, deviation } = fitted(seeded)
  let least = 1
  for (const doubt of CONFIDENCES) {
    const cautious = Math.min(1, Math.max(0, threshold + normalQuantile(1 - doubt) * deviation))
    const right = (1 - doubt) * sigmoid(steepness * (similarity - cautious))
    least = Math.min(least, 1 - wrongRate / (1 - right))
  }
  return least
}

/** Logistic curve of greatest likelihood by Newton's steps, with the deviation of its threshold by the delta method. */
function fitted(observations: readonly Observation[]): {
  threshold: number
  steepness: number
  deviation: number
} {
  // A little ridge: evidence that a threshold parts without exception has no finite steepness.
  const ridge = 1e-3
  let intercept = 0
  let slope = 1
  let hessian = { ii: 1, is: 0, ss: 1 }
  for (let step = 0; step < 12; step++) {
    let gradientI = -ridge * intercept
    let gradientS = -ridge * slope
    hessian = { ii: ridge, is: 0, ss: ridge }
    for (const { similarity, right } of observations) {
      const chance = sigmoid(intercept + slope * similarity)
      const off = (right ? 1 : 0) - chance
      const weight = chance * (1 - chance)
      gradientI += off
      gradientS += off * similarity
      hessian.ii += weight
      hessian.is += weight * similarity
      hessian.ss += weight * similarity ** 2
    }
    const determinant = hessian.ii * hessian.ss - hessian.is ** 2
    const stepI = (hessian.ss * gradientI - hessian.is * gradientS) / determinant
    const stepS = (hessian.ii * gradientS - hessian.is * gradientI) / determinant
    const scale = Math.min(1, 20 / (Math.abs(stepI) + Math.abs(stepS)))
    intercept += scale * stepI
    slope += scale * stepS
  }
  const steepness = Math.max(1e-6, slope)
  const threshold = Math.min(1, Math.max(0, -intercept / steepness))
  const determinant = hessian.ii * hessian.ss - hessian.is ** 2
  const spread = (hessian.ss - 2 * threshold * hessian.is + threshold ** 2 * hessian.ii) / determinant
  return { threshold, steepness, deviation: Math.sqrt(Math.max(0, spread)) / steepness }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/** Abramowitz and Stegun 26.2.23: within 4.5e-4. */
function normalQuantile(chance: number): number {
  if (chance < 0.5) return -normalQuantile(1 - chance)
  const tail = Math.sqrt(-2 * Math.log(1 - chance))
  const above = 2.515517 + 0.802853 * tail + 0.010328 * tail ** 2
  const below = 1 + 1.432788 * tail + 0.189269 * tail ** 2 + 0.001308 * tail ** 3
  return tail - above / below
}
