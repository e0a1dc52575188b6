// The prior: how likely a small model is wrong about an exam's question, and whether a text is one at all.
import { fitCurve, fitRidge, lengthScale, probability, rarity, rowsOf, scoreOf, weighed } from './ridge.mjs'

/** Chosen on questions of MMLU-Pro held out of its own training, where weaker ones overfit and stronger ones forget. */
const PENALTY = 5
const GATE_PENALTY = 5
/** Of each source of other texts, so that none speaks for all. */
const MOST_OTHERS = 1500
/** Of other texts, at most so many may pass for exam questions. */
const MOST_PASSING = 0.005

/**
 * @param questions as `texts.mjs` gives them; each is learned with its options and without, so that the form decides nothing
 * @param others texts by source
 */
export function fitPrior(questions, others, code) {
  const texts = [...questions.map(({ text }) => text), ...questions.map(({ question }) => question)]
  const raw = rowsOf(texts, code)
  const elsewhere = rowsOf(
    Object.values(others).flatMap((source) => spread(source, MOST_OTHERS)),
    code,
  )
  const rare = quantised(rarity({ rows: [...raw.rows, ...elsewhere.rows], places: raw.places }))
  const lengths = lengthScale(raw)
  const rows = weighed(raw, rare.values)
  const targets = [...questions, ...questions].map(({ small }) => 1 - small)
  const half = (odd) =>
    rows.rows.map((_, at) => at).filter((at) => (at % questions.length) % 2 === Number(odd))
  const scores = new Array(texts.length)
  for (const odd of [false, true]) {
    const learned = half(odd)
    const model = fitRidge(
      { rows: learned.map((at) => rows.rows[at]), places: rows.places },
      learned.map((at) => targets[at]),
      { lengths, penalty: PENALTY, rounds: 30 },
    )
    for (const at of half(!odd)) scores[at] = scoreOf(rows.rows[at], model)
  }
  const curve = fitCurve(scores, targets)
  const model = fitRidge(rows, targets, { lengths, penalty: PENALTY, rounds: 30 })
  return { model, curve, rare, gate: fitGate(rows, weighed(elsewhere, rare.values), lengths) }
}

/** Which texts are like an exam's questions; the threshold is told by halves that the other half has not seen. */
function fitGate(inside, outside, lengths) {
  const all = { rows: [...inside.rows, ...outside.rows], places: inside.places }
  const kinds = all.rows.map((_, at) => Number(at < inside.rows.length))
  const scores = []
  for (const odd of [0, 1]) {
    const learned = all.rows.map((_, at) => at).filter((at) => at % 2 === odd)
    const model = fitRidge(
      { rows: learned.map((at) => all.rows[at]), places: all.places },
      learned.map((at) => kinds[at]),
      { lengths, penalty: GATE_PENALTY, rounds: 20 },
    )
    all.rows.forEach((row, at) => {
      if (at % 2 !== odd) scores.push({ inside: kinds[at], score: withoutLength(row, model) })
    })
  }
  const strangers = scores.filter(({ inside }) => inside === 0).map(({ score }) => score)
  strangers.sort((left, right) => right - left)
  const threshold = strangers[Math.floor(MOST_PASSING * strangers.length)]
  const known = scores.filter(({ inside }) => inside === 1)
  const passing = known.filter(({ score }) => score > threshold).length / known.length
  const model = fitRidge(all, kinds, { lengths, penalty: GATE_PENALTY, rounds: 20 })
  return { weights: model.weights, mean: model.mean, threshold, passing }
}

function withoutLength(row, model) {
  return scoreOf(row, { ...model, length: 0 })
}

export function difficultyOf(text, { model, curve, rare, gate }, code) {
  const [row] = weighed(rowsOf([text], code), rare.values).rows
  const isKnown = withoutLength(row, { ...gate, length: 0, lengths: model.lengths }) > gate.threshold
  return { isKnown, probability: probability(scoreOf(row, model), curve) }
}

/** Eight bits a place, and the values that those stand for, so that training sees what serving does. */
function quantised(values) {
  const scale = Math.max(...values.subarray(0, 4096), 12) / 255
  const bytes = Uint8Array.from(values, (value) => Math.min(255, Math.round(value / scale)))
  return { bytes, scale, values: Float64Array.from(bytes, (byte) => byte * scale) }
}

/** Evenly from all of a source. */
function spread(items, most) {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)])
}
