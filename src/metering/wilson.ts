/** What a share of a sample says of the whole: Wilson's interval (Wilson 1927), which holds for few and for rare events. */

/** Standard normal quantile of a two-sided 95 % interval. */
const Z = 1.959963984540054

/** 95 % interval of `hits` among `trials`, each end 0 to 1; of nothing, nothing is known: `[0, 1]`. */
export function wilson(hits: number, trials: number): [lower: number, upper: number] {
  if (trials === 0) return [0, 1]
  const share = hits / trials
  const square = Z * Z
  const centre = share + square / (2 * trials)
  const spread = Z * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials * trials))
  const scale = 1 + square / trials
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)]
}

/** Upper end of that interval; 1 where there were no trials. */
export function wilsonUpper(hits: number, trials: number): number {
  return wilson(hits, trials)[1]
}
