/**
 * Chooses up to which score requests begin at the small tier, and how scores become probabilities, by what models said of
 * labels that they had not seen (cross-validation).
 */
import { chanceOfAtMost } from './loss-bound.ts'

/** With this chance a cut should pass its test: looks are few, and not to be wasted. */
const CHANCE_TO_PASS = 0.8

export interface Cut {
  /** A request begins at the small tier where its score is below. */
  below: number
  /** Share of the labels under it, and of all labels those under it that were lost. */
  share: number
  loss: number
}

/**
 * The cut with the largest share that is likely to lose at most `allowed` of `trials` later labels; undefined where there is
 * none. @param lost by label, 1 or 0
 */
export function chooseCut(
  scores: Float64Array,
  lost: Uint8Array,
  allowed: number,
  trials: number,
): Cut | undefined {
  const order = Uint32Array.from(scores.keys()).sort(
    (one, other) => (scores[one] as number) - (scores[other] as number),
  )
  const most = mostLoss(allowed, trials)
  let losses = 0
  let taken = 0
  for (const row of order) {
    const more = losses + (lost[row] as number)
    if (more / scores.length > most) break
    losses = more
    taken++
  }
  // What follows the last that was taken is above the cut, also where scores are equal.
  while (taken > 0 && taken < order.length && scoreAt(scores, order, taken) === scoreAt(scores, order, taken - 1))
    taken--
  if (taken === 0) return undefined
  const last = scoreAt(scores, order, taken - 1)
  const below = taken === order.length ? Number.MAX_VALUE : (last + scoreAt(scores, order, taken)) / 2
  return { below, share: taken / scores.length, loss: losses / scores.length }
}

/** The share of losses at which a test that allows so many passes with `CHANCE_TO_PASS`. */
function mostLoss(allowed: number, trials: number): number {
  let low = 0
  let high = 1
  for (let step = 0; step < 30; step++) {
    const share = (low + high) / 2
    if (chanceOfAtMost(allowed, trials, share) >= CHANCE_TO_PASS) low = share
    else high = share
  }
  return low
}

function scoreAt(scores: Float64Array, order: Uint32Array, place: number): number {
  return scores[order[place] as number] as number
}
