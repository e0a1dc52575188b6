// Several seeds of one strategy: the mean, and how far it may be off; two strategies, seed by seed.

/** Student's t of 95 %, by degrees of freedom from 1. */
const T = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26]

/** `{ mean, low, high }` of 95 %. */
export function interval(values) {
  const { length } = values
  const mean = values.reduce((sum, value) => sum + value, 0) / length
  if (length < 2) return { mean, low: mean, high: mean }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (length - 1)
  const off = (T[length - 2] ?? 1.96) * Math.sqrt(variance / length)
  return { mean, low: mean - off, high: mean + off }
}

/** The ratio of two strategies that met the same callers: its geometric mean over the seeds, with its interval. */
export function ratio(ours, theirs) {
  const { mean, low, high } = interval(ours.map((value, seed) => Math.log(value / theirs[seed])))
  return { mean: Math.exp(mean), low: Math.exp(low), high: Math.exp(high) }
}
