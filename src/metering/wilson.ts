/** What a share of a sample says of the whole: Wilson's interval (Wilson 1927), which holds for few and for rare events. */

/** Standard normal quantile of a two-sided 95 % interval. */
const Z = 1.959963984540054

/** Upper end of the 95 % interval of `hits` among `trials`; 1 where there were none. */
export function wilsonUpper(hits: number, trials: number): number {
  if (trials === 0) return 1
  const share = hits / trials
  const square = Z * Z
  const centre = share + square / (2 * trials)
  const spread = Z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials * trials))
  return Math.min(1, (centre + spread) / (1 + square / trials))
}
