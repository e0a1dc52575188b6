/**
 * Finds kinds of requests that the small tier fails nearly always, such as questions on documents that it has not read. A line
 * through all labels spends itself on telling these from the rest, and ranks the rest hardly better than by chance; so they are
 * told first, and the weights are fitted to what is left.
 */
import type { Screen } from './deciding.ts'
import { type LabelSet, scoreOfRow } from './label-set.ts'
import { meanLoss, ridgeFit, type Sliced } from './ridge-fit.ts'

/** Told apart on recorded answers mixed with questions on documents: a third as much told them as well, twice as much worse. */
const PENALTY = 3
/** Expected loss from which a request is kept: chosen on the same, where a half let more of them through. */
const FROM = 0.4
/** Of the labels that would be kept, so many at least, and so large a share of them lost: otherwise it is chance, or a gradual matter. */
const LEAST_KEPT = 20
const LEAST_LOST = 0.7

export interface Screening {
  screen: Screen | undefined
  /** By row: 1 where the weights are to be fitted to it. */
  takes: Uint8Array
}

/** Each half of the labels is told by what the other half says, so that no label vouches for itself. */
export function* fitScreen(set: LabelSet): Sliced<Screening> {
  const odd = Uint8Array.from(set.told, (told, row) => told * (row % 2))
  const even = Uint8Array.from(set.told, (told, row) => told * ((row + 1) % 2))
  const ofOdd = yield* ridgeFit(set, odd, PENALTY)
  const ofEven = yield* ridgeFit(set, even, PENALTY)
  const means = { odd: meanLoss(set, odd), even: meanLoss(set, even) }
  const takes = set.told.slice()
  let [kept, lost] = [0, 0]
  for (let row = 0; row < set.count; row++) {
    if (set.told[row] === 0) continue
    const expected =
      row % 2 === 1 ? means.even + scoreOfRow(set, row, ofEven) : means.odd + scoreOfRow(set, row, ofOdd)
    if (expected < FROM) continue
    takes[row] = 0
    kept++
    lost += set.lost[row] as number
  }
  if (kept < LEAST_KEPT || lost < LEAST_LOST * kept) return { screen: undefined, takes: set.told }
  const weights = ofOdd.map((weight, at) => (weight + (ofEven[at] as number)) / 2)
  const from = FROM - (means.odd + means.even) / 2
  return { screen: { weights, from, lost: lost / kept }, takes }
}
