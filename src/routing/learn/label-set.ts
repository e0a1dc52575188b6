/** Labels laid out for arithmetic: rows of hashed words and dense numbers, the oldest first. */
import { FIGURES, type LabelFeatures, WORD_PLACES } from './label-features.ts'

/** What a label says: whether the small tier's answer agrees with the large one's; undefined where nobody could tell. */
export type Agrees = boolean | undefined

export interface Label {
  /** Counts up in the order in which they were stored. */
  id: number
  features: LabelFeatures
  agrees: Agrees
}

export interface LabelSet {
  count: number
  /** Where each row's words begin, and the end of the last. */
  begins: Int32Array
  ids: Uint16Array
  values: Float32Array
  /** Row after row. */
  dense: Float32Array
  denseLength: number
  labelIds: Float64Array
  /** 1: the answers differ, or nobody could tell; else 0. */
  lost: Uint8Array
  /** 1: somebody could tell. Others teach nothing, and count as lost where losses are bounded. */
  told: Uint8Array
}

/**
 * What bytes are multiplied by. A part of greater length is held back less by the fit's penalty: words tell more than the
 * vector once there are labels for them, and what the prior says is worth more than either while labels are few. Chosen on
 * recorded answers mixed with questions on documents (bench/results/tiers.md).
 */
const WORD_SCALE = 2 / 255
const VECTOR_SCALE = 0.5 / 127
const LENGTH_SCALE = 1 / 127
const PRIOR_SCALE = 4 / 127

/** As many weights as a label has places: words first, then the dense part. */
export function weightCount(denseLength: number): number {
  return WORD_PLACES + denseLength
}

export function labelSet(labels: readonly Label[], denseLength: number): LabelSet {
  const count = labels.length
  const words = labels.reduce((sum, { features }) => sum + features.ids.length, 0)
  const set: LabelSet = {
    count,
    begins: new Int32Array(count + 1),
    ids: new Uint16Array(words),
    values: new Float32Array(words),
    dense: new Float32Array(count * denseLength),
    denseLength,
    labelIds: new Float64Array(count),
    lost: new Uint8Array(count),
    told: new Uint8Array(count),
  }
  let at = 0
  for (const [row, { id, features, agrees }] of labels.entries()) {
    set.begins[row] = at
    set.ids.set(features.ids, at)
    for (const value of features.values) set.values[at++] = value * WORD_SCALE
    addDense(set.dense, row * denseLength, features.dense)
    set.labelIds[row] = id
    set.lost[row] = agrees === true ? 0 : 1
    set.told[row] = agrees === undefined ? 0 : 1
  }
  set.begins[count] = at
  return set
}

/** The score of a row: higher, the likelier the answers differ. */
export function scoreOfRow(set: LabelSet, row: number, weights: Float32Array): number {
  let score = 0
  const end = set.begins[row + 1] as number
  for (let at = set.begins[row] as number; at < end; at++)
    score += (weights[set.ids[at] as number] as number) * (set.values[at] as number)
  const from = row * set.denseLength
  for (let place = 0; place < set.denseLength; place++)
    score += (weights[WORD_PLACES + place] as number) * (set.dense[from + place] as number)
  return score
}

/** As `scoreOfRow`, of one request: tens of microseconds at most. */
export function scoreOf({ ids, values, dense }: LabelFeatures, weights: Float32Array): number {
  let ofWords = 0
  for (let at = 0; at < ids.length; at++)
    ofWords += (weights[ids[at] as number] as number) * (values[at] as number)
  const figures = dense.length - FIGURES
  const of = (from: number, to: number): number => {
    let sum = 0
    for (let place = from; place < to; place++)
      sum += (weights[WORD_PLACES + place] as number) * (dense[place] as number)
    return sum
  }
  const prior = dense.length - 1
  return (
    ofWords * WORD_SCALE +
    of(0, figures) * VECTOR_SCALE +
    of(figures, prior) * LENGTH_SCALE +
    of(prior, dense.length) * PRIOR_SCALE
  )
}

function addDense(to: Float32Array, from: number, dense: Int8Array): void {
  const figures = dense.length - FIGURES
  const prior = dense.length - 1
  for (let place = 0; place < dense.length; place++) {
    const scale = place < figures ? VECTOR_SCALE : place < prior ? LENGTH_SCALE : PRIOR_SCALE
    to[from + place] = (dense[place] as number) * scale
  }
}
