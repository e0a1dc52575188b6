// One benchmark's questions routed by what was learned on the other: no question of it, and none that begins alike, was seen.
import { fitPrior } from '../../training/router/prior.mjs'
import { probability, rowsOf, scoreOf, weighed } from '../../training/router/ridge.mjs'
import { seeded } from '../seeded.mjs'
import { drawsOf, intervalsOf, onceEach } from './bootstrap.mjs'
import { aucOf, calibrationOf, curveOf, orderOf } from './curve.mjs'

const PAIRS = [
  ['Mixtral-8x7B-Instruct-v0.1', 'gemini-1.5-pro-002'],
  ['Phi-3-mini-4k-instruct', 'gemini-1.5-flash-002'],
  ['Mistral-7B-Instruct-v0.2', 'gemini-1.5-pro-002'],
  ['Mistral-7B-Instruct-v0.2', 'Mixtral-8x7B-Instruct-v0.1'],
]

export function across({ mmlu, mmluPro, others, code }) {
  const fromMmlu = told(fitPrior(mmlu, others, code), mmluPro, code)
  const fromPro = told(fitPrior(mmluPro, others, code), mmlu, code)
  const asked = (name) => mmluPro.map(({ correct }) => Number(correct[name] ?? false))
  const rows = PAIRS.map(([small, large]) =>
    row(
      'MMLU → MMLU-Pro',
      `${small} → ${large}`,
      fromMmlu,
      { small: asked(small), large: asked(large) },
      mmluPro,
    ),
  )
  const right = { small: mmlu.map(({ weak }) => weak), large: mmlu.map(({ strong }) => strong) }
  rows.push(row('MMLU-Pro → MMLU', 'Mixtral-8x7B → GPT-4', fromPro, right, mmlu))
  return rows
}

function told({ model, curve, rare, gate }, questions, code) {
  const raw = rowsOf(
    questions.map(({ text }) => text),
    code,
  )
  const rows = weighed(raw, rare.values).rows
  const plain = { ...gate, length: 0, lengths: model.lengths }
  return rows.map((row) => ({
    probability: probability(scoreOf(row, model), curve),
    isKnown: scoreOf(row, plain) > gate.threshold,
  }))
}

function row(direction, pair, told, right, questions) {
  const count = questions.length
  const failed = right.small.map((value) => 1 - value)
  const probabilities = told.map(({ probability }) => probability)
  const known = told.map(({ isKnown }, at) => (isKnown ? at : -1)).filter((at) => at >= 0)
  const orders = {
    gated: orderOf(told.map(({ isKnown, probability }) => (isKnown ? probability : 2))),
    ungated: orderOf(probabilities),
    length: orderOf(questions.map(({ text }) => text.length)),
  }
  const figures = (counts) => {
    const { apgr, cpt50, cpt80 } = curveOf(orders.gated, right, counts)
    const length = curveOf(orders.length, right, counts).apgr
    return {
      apgr,
      cpt50,
      cpt80,
      ungated: curveOf(orders.ungated, right, counts).apgr,
      length,
      lessLength: apgr - length,
      auc: aucOf(orders.ungated, failed, counts),
      aucOfLength: aucOf(orders.length, failed, counts),
      ...calibrationOf(known, probabilities, failed, counts),
    }
  }
  return {
    direction,
    pair,
    unknownShare: 1 - known.length / count,
    ...figures(onceEach(count)),
    // The same seed for every pair: pairs of one direction are drawn alike.
    intervals: intervalsOf(drawsOf(count, seeded(3)).map(figures)),
  }
}
