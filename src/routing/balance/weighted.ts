/** `weighted`: by chance, in proportion to weight. */
import type { Asked, Candidate } from './candidate.ts'
import { usable } from './usable.ts'

export function weighted(candidates: readonly Candidate[], { random }: Asked): number {
  const among = usable(candidates)
  let point = random() * among.reduce((sum, index) => sum + weightOf(candidates, index), 0)
  for (const index of among) {
    point -= weightOf(candidates, index)
    if (point < 0) return index
  }
  // Rounding may leave a crumb after the last one, which then is the one.
  return among.at(-1) ?? 0
}

function weightOf(candidates: readonly Candidate[], index: number): number {
  return candidates[index]?.weight ?? 0
}
