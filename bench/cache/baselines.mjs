// What trimtab is measured against, on the same vectors and the same nearest remembered question.

import { seeded } from '../seeded.mjs'
import { count, tally } from './replay.mjs'

/** Cosine from which others serve, by default or by advice: 0.8 LiteLLM, Bifrost and GPTCache; 0.95 Portkey. */
export const THRESHOLDS = [0.8, 0.92, 0.95, 0.97]

export function cosine(passes, threshold) {
  const total = tally()
  for (const requests of passes)
    for (const { nearest, answered } of requests) {
      const serves = nearest.similarity >= threshold
      count(total, serves, !nearest.right)
      if (!serves) answered?.()
    }
  return total
}

/**
 * vCache's rule (arXiv 2502.03771) alone, written from the paper: evidence by entry, the model asked with the chance τ.
 * @param wrongRate its delta, wrong answers over all requests
 */
export function vcache(passes, semantic, wrongRate) {
  const random = seeded(17)
  const total = tally()
  for (const requests of passes) {
    const entries = new Map()
    for (const { nearest, answered } of requests) {
      const known = entries.get(nearest.row) ?? []
      const asks = random() <= semantic.askingChance(known, nearest.similarity, wrongRate)
      count(total, !asks, !nearest.right)
      if (!asks) continue
      const { similarity, right } = nearest
      entries.set(nearest.row, semantic.observed(known, { similarity, right }))
      answered?.()
    }
  }
  return total
}
