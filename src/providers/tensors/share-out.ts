/** A whole number divided by weights, so that the shares are whole numbers whose sum it is. */

/** Undefined where the number is. Weights of nothing count alike. */
export function shareOut(whole: number | undefined, weights: readonly number[]): number[] | undefined {
  if (whole === undefined) return undefined
  const sum = weights.reduce((total, weight) => total + weight, 0)
  let given = 0
  let weighed = 0
  return weights.map((weight, index) => {
    weighed += sum > 0 ? weight / sum : 1 / weights.length
    // By what is due up to here, so that no rest is left over.
    const due = index === weights.length - 1 ? whole : Math.round(whole * weighed)
    const share = due - given
    given = due
    return share
  })
}
