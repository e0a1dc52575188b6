/**
 * Makes a version of the older labels and holds it to the newest ones, which nobody has looked at: it is accepted where
 * the upper bound of its loss on them is within the operator's bound, and more begins at the small tier than with the version
 * in force.
 */
import { type Calibration, calibrated } from './calibration.ts'
import { type Cut, chooseCut } from './choose-cut.ts'
import { type LabelSet, scoreOfRow } from './label-set.ts'
import { hitsAllowed, upperShare } from './loss-bound.ts'
import { ridgeFit, type Sliced } from './ridge-fit.ts'

const FOLDS = 5
const PENALTIES = [10, 40] as const
/** Less than this begins at the small tier: not worth a look. */
const LEAST_SHARE = 0.02
/** A version takes the place of another where it is expected to begin so many times as often at the small tier. */
const WORTH_A_LOOK = 1.15

/** What a version decides by. */
export interface Deciding {
  weights: Float32Array
  /** A request begins at the small tier where its score is below. */
  cut: number
}

/** Shares are of eligible requests, 0 to 1. */
export interface TrialFigures {
  /** Labels that it was fitted to, and those that it was held to. */
  fitted: number
  tested: number
  /** Of the latter: share that begins at the small tier, how many are lost there, and the upper bound of that share. */
  begun: number
  lost: number
  upper: number
  /** One-sided; 1 - confidence. */
  alpha: number
  /** Of all labels it was held to: share at which the tiers' answers differ, or nobody could tell. */
  differing: number
  /** What cross-validation expected: share that begins at the small tier, and of the losses. */
  expectedBegun: number
  expectedLoss: number
}

export type Trial =
  /** Nothing was looked at. */
  | { kind: 'wait'; expected: Cut | undefined }
  | {
      kind: 'looked'
      accepted: boolean
      figures: TrialFigures
      version: Deciding & { calibration: Calibration }
    }

export interface Bounds {
  /** Most loss, 0 to 1, and the chance that a version which loses more passes. */
  mostLoss: number
  alpha: number
}

export function* trial(
  older: LabelSet,
  newest: LabelSet,
  { mostLoss, alpha }: Bounds,
  inForce: Deciding | undefined,
): Sliced<Trial> {
  const allowed = hitsAllowed(newest.count, mostLoss, alpha)
  if (allowed < 0) return { kind: 'wait', expected: undefined }
  const { penalty, scores } = yield* crossValidated(older)
  const cut = chooseCut(scores, older.lost, allowed, newest.count)
  const now = inForce === undefined ? 0 : begunBy(older, inForce).share
  if (cut === undefined || cut.share < Math.max(LEAST_SHARE, WORTH_A_LOOK * now))
    return { kind: 'wait', expected: cut }
  const weights = yield* ridgeFit(older, older.told, penalty)
  const version = {
    weights,
    cut: cut.below,
    calibration: calibrated(scores, older.lost, older.told),
  }
  const { share, lost } = begunBy(newest, version)
  const before = inForce === undefined ? 0 : begunBy(newest, inForce).share
  const figures = {
    fitted: older.count,
    tested: newest.count,
    begun: share,
    lost,
    upper: upperShare(lost, newest.count, alpha),
    alpha,
    differing: newest.lost.reduce((sum, one) => sum + one, 0) / newest.count,
    expectedBegun: cut.share,
    expectedLoss: cut.loss,
  }
  return { kind: 'looked', accepted: lost <= allowed && share > before, figures, version }
}

/** Scores of labels by models that were fitted to the others, with the penalty under which these were nearest. */
function* crossValidated(set: LabelSet): Sliced<{ penalty: number; scores: Float64Array }> {
  let best: { penalty: number; scores: Float64Array; error: number } | undefined
  for (const penalty of PENALTIES) {
    const scores = new Float64Array(set.count)
    for (let fold = 0; fold < FOLDS; fold++) {
      const takes = set.told.map((told, row) => (row % FOLDS === fold ? 0 : told))
      const weights = yield* ridgeFit(set, takes, penalty)
      for (let row = fold; row < set.count; row += FOLDS) scores[row] = scoreOfRow(set, row, weights)
      yield
    }
    const error = squaredError(set, scores)
    if (best === undefined || error < best.error) best = { penalty, scores, error }
  }
  return best as NonNullable<typeof best>
}

function squaredError({ lost, told, count }: LabelSet, scores: Float64Array): number {
  let [sum, number] = [0, 0]
  for (let row = 0; row < count; row++) {
    sum += (told[row] as number) * (lost[row] as number)
    number += told[row] as number
  }
  const mean = number === 0 ? 0 : sum / number
  let error = 0
  for (let row = 0; row < count; row++)
    error += (told[row] as number) * ((lost[row] as number) - mean - (scores[row] as number)) ** 2
  return error
}

function begunBy(set: LabelSet, { weights, cut }: Deciding): { share: number; lost: number } {
  let [begun, lost] = [0, 0]
  for (let row = 0; row < set.count; row++) {
    if (scoreOfRow(set, row, weights) >= cut) continue
    begun++
    lost += set.lost[row] as number
  }
  return { share: begun / set.count, lost }
}
