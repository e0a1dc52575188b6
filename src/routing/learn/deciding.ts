/** What a version decides by, and what it makes of a request. */
import type { LabelFeatures } from './label-features.ts'
import { type LabelSet, scoreOf, scoreOfRow } from './label-set.ts'

export interface Deciding {
  weights: Float32Array
  /** A request begins at the small tier where its score is below. */
  cut: number
  /** Undefined where no kind of request stands out as one that the small tier fails. */
  screen: Screen | undefined
}

/** Keeps kinds of requests that the small tier fails nearly always from the weights, which tell apart those that are left. */
export interface Screen extends ScreenFigures {
  weights: Float32Array
}

export interface ScreenFigures {
  /** A request whose score by the screen's weights is not below begins at the large tier. */
  from: number
  /** Share of such labels that were lost, 0 to 1. */
  lost: number
}

/** Of what a screen keeps: above every cut. */
export const SCREENED = Number.MAX_VALUE

/** Higher, the likelier the answers differ. Takes microseconds. */
export function decidedScore(features: LabelFeatures, { weights, screen }: Deciding): number {
  if (screen !== undefined && scoreOf(features, screen.weights) >= screen.from) return SCREENED
  return scoreOf(features, weights)
}

export function decidedScoreOfRow(
  set: LabelSet,
  row: number,
  { weights, screen }: Pick<Deciding, 'weights' | 'screen'>,
): number {
  if (screen !== undefined && scoreOfRow(set, row, screen.weights) >= screen.from) return SCREENED
  return scoreOfRow(set, row, weights)
}

/** Both tables as one, as they are stored: the screen's stands behind. */
export function storedWeights({ weights, screen }: Deciding): Float32Array {
  if (screen === undefined) return weights
  const stored = new Float32Array(weights.length + screen.weights.length)
  stored.set(weights)
  stored.set(screen.weights, weights.length)
  return stored
}

export function decidingFrom(stored: Float32Array, cut: number, screen: ScreenFigures | undefined): Deciding {
  if (screen === undefined) return { weights: stored, cut, screen: undefined }
  const half = stored.length / 2
  return { weights: stored.subarray(0, half), cut, screen: { ...screen, weights: stored.subarray(half) } }
}
