/** Whether two globs can both match one text. */

/** Takes time in proportion to the product of both lengths. */
export function globsOverlap(one: string, other: string): boolean {
  // `reachable[j]`: some text is matched by the first `i` characters of `one` and the first `j` of `other`.
  let reachable = [true, ...Array.from(other, () => false)]
  for (let j = 0; j < other.length; j++) reachable[j + 1] = reachable[j] === true && other[j] === '*'
  for (const character of one) {
    const next = [character === '*' && reachable[0] === true]
    for (let j = 0; j < other.length; j++) {
      const star = character === '*' || other[j] === '*'
      const both = reachable[j] === true && (star || character === other[j])
      // A star covers one more character of the other pattern, or ends where it stands.
      next.push(both || (star && (reachable[j + 1] === true || next[j] === true)))
    }
    reachable = next
  }
  return reachable[other.length] === true
}

export function anyGlobsOverlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.some((other) => globsOverlap(one, other)))
}
