/** What features weigh together. */

export function product(weights: ArrayLike<number>, features: ArrayLike<number>): number {
  let sum = 0
  for (let place = 0; place < weights.length; place++) sum += (weights[place] ?? 0) * (features[place] ?? 0)
  return sum
}
