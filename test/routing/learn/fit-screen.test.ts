/** Which kinds of requests are kept from the small tier before anything else is asked, on real features of texts. */
import { expect, test } from 'vitest'
import { openPrior } from '../../../src/platform/node/node-classifier.ts'
import { openStaticEmbedder } from '../../../src/platform/node/shipped-table.ts'
import { decidedScore, decidingFrom, SCREENED, storedWeights } from '../../../src/routing/learn/deciding.ts'
import { fitScreen } from '../../../src/routing/learn/fit-screen.ts'
import { denseLength, labelFeatures } from '../../../src/routing/learn/label-features.ts'
import { labelSet } from '../../../src/routing/learn/label-set.ts'
import { seeded } from '../../support/seeded.ts'

const readers = { embedder: await openStaticEmbedder(), prior: await openPrior() }
const THINGS = [
  'sky',
  'sea',
  'grass',
  'snow',
  'sand',
  'coal',
  'brick',
  'lemon',
  'plum',
  'rose',
  'milk',
  'ink',
]
const TOWNS = ['Lisbon', 'Oslo', 'Quito', 'Hanoi', 'Accra', 'Perth', 'Turin', 'Leeds', 'Kyoto', 'Lima']

/** Questions on colours and, where `share` says so, on invoices of towns; the small tier fails these so often. */
function labels(count: number, share: number, lost: { colour: number; invoice: number }) {
  const random = seeded(3)
  const one = (list: readonly string[]) => list[Math.floor(random() * list.length)]
  return Array.from({ length: count }, (_, id) => {
    const isInvoice = random() < share
    const text = isInvoice
      ? `Which clause of the invoice from ${one(TOWNS)} names the due date of ${one(TOWNS)}?`
      : `Of what colour is the ${one(THINGS)} beside the ${one(THINGS)} in the morning?`
    const agrees = random() >= (isInvoice ? lost.invoice : lost.colour)
    return { id, agrees, features: labelFeatures({ text, tokens: 20, turns: 1 }, readers) }
  })
}

function done<Result>(work: Generator<undefined, Result>): Result {
  for (let next = work.next(); ; next = work.next()) if (next.done) return next.value
}

const asked = (text: string) => labelFeatures({ text, tokens: 20, turns: 1 }, readers)

test('a kind that the small tier fails nearly always is kept, and its labels are left out of the fit', () => {
  const all = labels(400, 0.4, { colour: 0.15, invoice: 0.97 })
  const set = labelSet(all, denseLength(readers.embedder))
  const { screen, takes } = done(fitScreen(set))
  expect(screen?.lost).toBeGreaterThan(0.85)
  const left = all.filter((_, row) => takes[row] === 1)
  expect(left.filter(({ agrees }) => !agrees).length / left.length).toBeLessThan(0.3)
  if (screen === undefined) return
  const deciding = { weights: new Float32Array(screen.weights.length), cut: 1, screen }
  const stored = decidingFrom(storedWeights(deciding), 1, { from: screen.from, lost: screen.lost })
  for (const by of [deciding, stored]) {
    expect(decidedScore(asked('Which clause of the invoice from Oslo names the due date of Lima?'), by)).toBe(
      SCREENED,
    )
    expect(decidedScore(asked('Of what colour is the sea beside the sand in the morning?'), by)).toBe(0)
  }
})

test('where no kind is lost nearly always, none is kept, and all labels teach', () => {
  for (const lost of [
    { colour: 0.15, invoice: 0.15 },
    { colour: 0.1, invoice: 0.45 },
  ]) {
    const set = labelSet(labels(400, 0.4, lost), denseLength(readers.embedder))
    const { screen, takes } = done(fitScreen(set))
    expect(screen).toBeUndefined()
    expect(takes).toEqual(set.told)
  }
})
