/**
 * Chooses up to which score requests begin at the small tier: as far as the bound allows on labels that the scores were
 * not learned from. What is lost only grows with the cut, so that the whole choice errs as seldom as one test at one cut:
 * it goes too far only where the first cut that loses too much passes its test (fixed sequence testing, as in Angelopoulos
 * and others, "Learn then Test", 2021).
 */

export interface Cut {
  /** A request begins at the small tier where its score is below. */
  below: number
  /** Labels under it, and those of them that are lost. */
  begun: number
  lost: number
}

/** @param lost by label, 1 or 0 @param allowed most that may be lost under the cut; below 0 nothing is */
export function chooseCut(scores: Float64Array, lost: Uint8Array, allowed: number): Cut {
  const order = Uint32Array.from(scores.keys()).sort(
    (one, other) => (scores[one] as number) - (scores[other] as number),
  )
  let losses = 0
  let begun = 0
  for (const row of order) {
    if (losses + (lost[row] as number) > allowed) break
    losses += lost[row] as number
    begun++
  }
  if (allowed >= 0 && begun === order.length) return { below: Number.MAX_VALUE, begun, lost: losses }
  // The first that does not begin at the small tier sets the cut; what scores the same stays with it.
  const below = begun === order.length ? -Number.MAX_VALUE : (scores[order[begun] as number] as number)
  const under = order.filter((row) => (scores[row] as number) < below)
  return { below, begun: under.length, lost: under.reduce((sum, row) => sum + (lost[row] as number), 0) }
}
