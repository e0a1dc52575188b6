/** What a sample says of the share in the whole: the exact one-sided upper bound of a binomial (Clopper and Pearson 1934). */

/** Halvings until the bound is told to 1e-12. */
const HALVINGS = 40

/**
 * The share that so few hits would have a chance of `alpha` under, 0 to 1: the whole has less with a confidence of
 * 1 - `alpha`. 1 where nothing was tried.
 */
export function upperShare(hits: number, trials: number, alpha: number): number {
  if (trials === 0 || hits >= trials) return 1
  let low = hits / trials
  let high = 1
  for (let step = 0; step < HALVINGS; step++) {
    const share = (low + high) / 2
    if (chanceOfAtMost(hits, trials, share) > alpha) low = share
    else high = share
  }
  return high
}

/** The most hits among `trials` whose upper bound still is under `most`; -1 where even none would not do. */
export function hitsAllowed(trials: number, most: number, alpha: number): number {
  let hits = -1
  while (hits + 1 < trials && upperShare(hits + 1, trials, alpha) <= most) hits++
  return hits
}

/** How many trials without a hit bound the share by `most`. */
export function trialsNeeded(most: number, alpha: number): number {
  return most >= 1 ? 1 : Math.ceil(Math.log(alpha) / Math.log1p(-most))
}

/** Of a binomial; terms from the largest on, so that nothing is lost to rounding. */
export function chanceOfAtMost(hits: number, trials: number, share: number): number {
  if (share <= 0) return 1
  if (share >= 1) return hits >= trials ? 1 : 0
  const odds = Math.log(share) - Math.log1p(-share)
  let logTerm = trials * Math.log1p(-share)
  let sum = Math.exp(logTerm)
  for (let hit = 1; hit <= hits; hit++) {
    logTerm += Math.log((trials - hit + 1) / hit) + odds
    sum += Math.exp(logTerm)
  }
  return Math.min(1, sum)
}
