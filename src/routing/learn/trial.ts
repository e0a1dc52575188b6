/**
 * Makes a version: weights of the older labels, and a cut as high as the newest ones, which nobody has looked at, allow. It
 * is accepted where more begins at the small tier than with the version in force.
 */
import { type Calibration, calibrated } from './calibration.ts'
import { chooseCut } from './choose-cut.ts'
import { type Deciding, decidedScoreOfRow, SCREENED } from './deciding.ts'
import { fitScreen } from './fit-screen.ts'
import type { LabelSet } from './label-set.ts'
import { hitsAllowed, upperShare } from './loss-bound.ts'
import { ridgeFit, type Sliced } from './ridge-fit.ts'

/** Recorded answers were ranked best with about this, from 500 labels to 4,000, and hardly worse with a third or three times. */
const PENALTY = 30
/** Less than this at the small tier is not worth a version. */
const LEAST_SHARE = 0.01

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
  /** Share that began at the small tier with the version before, on the same labels. */
  before: number
}

export interface Trial {
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
  const { screen, takes } = yield* fitScreen(older)
  const weights = yield* ridgeFit(older, takes, PENALTY)
  const all = scoresBy({ weights, screen }, newest)
  yield
  const isLeft = (_: unknown, row: number): boolean => all[row] !== SCREENED
  const [scores, losses, told] = [all.filter(isLeft), newest.lost.filter(isLeft), newest.told.filter(isLeft)]
  const { below: cut, begun, lost } = chooseCut(scores, losses, hitsAllowed(newest.count, mostLoss, alpha))
  const before = inForce === undefined ? 0 : begunBy(inForce, newest) / newest.count
  const figures = {
    fitted: older.count,
    tested: newest.count,
    begun: begun / newest.count,
    lost,
    upper: upperShare(lost, newest.count, alpha),
    alpha,
    differing: newest.lost.reduce((sum, one) => sum + one, 0) / newest.count,
    before,
  }
  const calibration = calibrated(scores, losses, told)
  const accepted = figures.begun >= LEAST_SHARE && figures.begun > before
  return { accepted, figures, version: { weights, cut, screen, calibration } }
}

function scoresBy(by: Pick<Deciding, 'weights' | 'screen'>, set: LabelSet): Float64Array {
  return Float64Array.from(set.lost, (_, row) => decidedScoreOfRow(set, row, by))
}

function begunBy(deciding: Deciding, set: LabelSet): number {
  return scoresBy(deciding, set).reduce((begun, score) => begun + (score < deciding.cut ? 1 : 0), 0)
}
