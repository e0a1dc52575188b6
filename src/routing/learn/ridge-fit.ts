/**
 * Fits weights to labels: ridge regression by conjugate gradients, a slice at a time, so that whoever runs it can let
 * requests through in between. Without randomness: the same labels give the same weights.
 */
import { WORD_PLACES } from './label-features.ts'
import { type LabelSet, weightCount } from './label-set.ts'

/** Yields wherever it may be interrupted: after about a tenth of a millisecond. */
export type Sliced<Result> = Generator<undefined, Result, undefined>

const ROWS_A_SLICE = 64
const MOST_STEPS = 30
/** Of the squared length of the gradient at the beginning. */
const SMALL_ENOUGH = 1e-4

/**
 * @param takes by row, 1 where it teaches
 * @param penalty of the weights' squares: higher holds them nearer to 0
 * @returns weights of the deviation from the mean share of losses; a score is only compared with others of the same fit
 */
export function* ridgeFit(set: LabelSet, takes: Uint8Array, penalty: number): Sliced<Float32Array> {
  const size = weightCount(set.denseLength)
  const mean = meanLoss(set, takes)
  const weights = new Float32Array(size)
  const onRows = new Float32Array(set.count)
  for (let row = 0; row < set.count; row++) onRows[row] = (set.lost[row] as number) - mean
  // What is left of the gradient, and where to go next.
  const rest = new Float32Array(size)
  yield* addRows(set, takes, onRows, rest)
  const direction = rest.slice()
  const moved = new Float32Array(size)
  let square = dot(rest, rest)
  const enough = square * SMALL_ENOUGH
  for (let step = 0; step < MOST_STEPS && square > enough; step++) {
    yield* onEachRow(set, takes, direction, onRows)
    moved.fill(0)
    yield* addRows(set, takes, onRows, moved)
    for (let at = 0; at < size; at++) moved[at] = (moved[at] as number) + penalty * (direction[at] as number)
    const length = square / dot(direction, moved)
    for (let at = 0; at < size; at++) {
      weights[at] = (weights[at] as number) + length * (direction[at] as number)
      rest[at] = (rest[at] as number) - length * (moved[at] as number)
    }
    const next = dot(rest, rest)
    const kept = next / square
    for (let at = 0; at < size; at++) direction[at] = (rest[at] as number) + kept * (direction[at] as number)
    square = next
    yield
  }
  return weights
}

/** Share of the rows that teach which are lost, 0 to 1. */
export function meanLoss(set: LabelSet, takes: Uint8Array): number {
  let taken = 0
  let lost = 0
  for (let row = 0; row < set.count; row++) {
    taken += takes[row] as number
    lost += (takes[row] as number) * (set.lost[row] as number)
  }
  return taken === 0 ? 0 : lost / taken
}

/** The product of each row with a vector of weights. */
function* onEachRow(
  set: LabelSet,
  takes: Uint8Array,
  vector: Float32Array,
  onRows: Float32Array,
): Sliced<void> {
  const { begins, ids, values, dense, denseLength } = set
  for (let row = 0; row < set.count; row++) {
    if (row % ROWS_A_SLICE === ROWS_A_SLICE - 1) yield
    if (takes[row] === 0) continue
    let product = 0
    const end = begins[row + 1] as number
    for (let at = begins[row] as number; at < end; at++)
      product += (vector[ids[at] as number] as number) * (values[at] as number)
    const from = row * denseLength
    for (let place = 0; place < denseLength; place++)
      product += (vector[WORD_PLACES + place] as number) * (dense[from + place] as number)
    onRows[row] = product
  }
}

/** The sum of all rows, each times its number. */
function* addRows(set: LabelSet, takes: Uint8Array, onRows: Float32Array, sum: Float32Array): Sliced<void> {
  const { begins, ids, values, dense, denseLength } = set
  for (let row = 0; row < set.count; row++) {
    if (row % ROWS_A_SLICE === ROWS_A_SLICE - 1) yield
    if (takes[row] === 0) continue
    const times = onRows[row] as number
    const end = begins[row + 1] as number
    for (let at = begins[row] as number; at < end; at++) {
      const id = ids[at] as number
      sum[id] = (sum[id] as number) + times * (values[at] as number)
    }
    const from = row * denseLength
    for (let place = 0; place < denseLength; place++)
      sum[WORD_PLACES + place] =
        (sum[WORD_PLACES + place] as number) + times * (dense[from + place] as number)
  }
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let at = 0; at < one.length; at++) sum += (one[at] as number) * (other[at] as number)
  return sum
}
