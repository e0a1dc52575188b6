/** What other bounds of loss would come to, by the labels that there are: for advice, of which nothing follows by itself. */
import { featuresFrom, WORD_PLACES } from './label-features.ts'
import { type Label, labelSet } from './label-set.ts'
import type { LearnStore, Scope, Version } from './learn-store.ts'
import { trial } from './trial.ts'

export interface BoundForecast {
  /** 0 to 1, as the next two. */
  mostLoss: number
  /** Share of `tested` labels that would begin at the small tier. */
  begun: number
  /** Upper 95 % bound of what would be answered otherwise, of all. */
  upper: number
  /** Labels that nothing was fitted to. */
  tested: number
}

const ALPHA = 0.05
const MOST_LABELS = 4000
/** Fewer tell nothing. */
const LEAST_LABELS = 200

/** Fits to the older half and looks at the newer one, which learning may have looked at as well. Takes a few hundred milliseconds. */
export function forecastBounds(
  store: LearnStore,
  scope: Scope,
  { number, scheme, screen }: Version,
  bounds: readonly number[],
): BoundForecast[] {
  const stored = store.weights(scope, number)
  if (stored === undefined) return []
  const denseLength = (screen === undefined ? stored.length : stored.length / 2) - WORD_PLACES
  const after = store.standing(scope)?.unlearned ?? 0
  const labels = store
    .labels(scope, scheme, after, MOST_LABELS)
    .flatMap(({ id, features, agrees }): Label[] => {
      const read = featuresFrom(features, denseLength)
      return read === undefined ? [] : [{ id, features: read, agrees }]
    })
  if (labels.length < LEAST_LABELS) return []
  const half = labels.length >> 1
  const older = labelSet(labels.slice(0, half), denseLength)
  const newer = labelSet(labels.slice(half), denseLength)
  return bounds.map((mostLoss) => {
    const work = trial(older, newer, { mostLoss, alpha: ALPHA }, undefined)
    for (let next = work.next(); ; next = work.next()) {
      if (next.done !== true) continue
      const { begun, upper, tested } = next.value.figures
      return { mostLoss, begun, upper, tested }
    }
  })
}
