/** How much of a question a quote says, also in words that mean about the same. */
import { cosine } from '../vectors/cosine.ts'
import type { WeighedQuestion } from './weighed-question.ts'

/** How much of the question the quote says, in its own words or in ones like them. */
export function softCover(
  { weights, totalWeight }: WeighedQuestion,
  held: ReadonlySet<string>,
  about: ReadonlySet<string>,
  wordVector: (term: string) => Float32Array,
): number {
  let sum = 0
  for (const [term, weight] of weights) {
    if (held.has(term) || about.has(term)) {
      sum += weight
      continue
    }
    const vector = wordVector(term)
    let nearest = 0
    for (const one of held) nearest = Math.max(nearest, cosine(vector, wordVector(one)))
    sum += weight * nearest
  }
  return sum / Math.max(0.1, totalWeight)
}
