/** Wilson's interval of 95 % for a share. */

/** `[lower, upper]`, each 0 to 1; of nothing, nothing is known: `[0, 1]`. */
export function wilson(hits: number, trials: number): [lower: number, upper: number] {
  if (trials === 0) return [0, 1]
  const z = 1.96
  const share = hits / trials
  const middle = share + z ** 2 / (2 * trials)
  const reach = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2))
  const scale = 1 + z ** 2 / trials
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)]
}
