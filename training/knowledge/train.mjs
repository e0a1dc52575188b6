// node training/knowledge/train.mjs --data FOLDER: fits what weighs sentences and judges quotes, on the calibrating halves alone
// (bench/knowledge/questions.mjs), and writes src/knowledge/confidence-weights.ts. Prints what cross-validation by article says.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadEncoder, loadStatic } from '../../bench/cache/embedders.mjs'
import { documentsOf, halvesOf, holds, share } from '../../bench/knowledge/questions.mjs'
import { collectionOf, loadRoom, waiting } from '../../bench/knowledge/room.mjs'
import { fitLogistic, fitRanking, product, sigmoid } from './fit.mjs'
import { fitTrees, treesScore } from './trees.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' } } })
const FOLDS = 6
const ROUNDS = 80
const READ = 6
/** Questions whose passage was taken away are harder than most that are not answered, and not as many. */
const COUNTS = { there: 1, taken: 0.3, natural: 0.5, arena: 1 }
const MOST_CHARACTERS = 1000

const room = await loadRoom({ weights: false })
const embedder = await loadStatic()
const { calibrated } = halvesOf(values.data)
const encoder = waiting(await loadEncoder())
const where = await collectionOf(room, { embedder, encoder }, documentsOf(calibrated.rows))
const wordVectors = new Map()
const readings = new Map()
const asked = await searched(calibrated)
await where.close()

const made = { words: modelOf('words'), meaning: modelOf('meaning') }
const text = `/** Made by training/knowledge/train.mjs, from XQuAD (CC BY-SA 4.0), Natural Questions and Arena-Hard (Apache-2.0): models/knowledge/README.md. */
export const CONFIDENCE_WEIGHTS =
  '${JSON.stringify(made)}'
`
writeFileSync(fileURLToPath(new URL('../../src/knowledge/confidence-weights.ts', import.meta.url)), text)

/** With what the encoder says, or by words alone. */
function modelOf(name) {
  console.log(`\n${name}`)
  const samples = asked.map((sample) => scoredSample(sample, name))
  const judged = []
  for (let fold = 0; fold < FOLDS; fold++) {
    const isOut = ({ kind, group }) =>
      kind === 'natural' || kind === 'arena'
        ? Math.floor(share(`fold ${group}`) * FOLDS) === fold
        : calibrated.titles.indexOf(group) % FOLDS === fold
    const model = fitted(samples.filter((sample) => !isOut(sample)))
    for (const sample of samples.filter(isOut)) {
      const quote = quoteOf(sample, model.sentence)
      judged.push({ ...sample, ...quote, odds: quote === undefined ? -20 : oddsOf(model, quote.features) })
    }
  }
  const platt = fitLogistic(
    judged.map(({ odds }) => [odds]),
    judged.map(({ right = false }) => (right ? 1 : 0)),
    judged.map(({ kind }) => COUNTS[kind]),
    { l2: 0, steps: 1500 },
  )
  report(judged, platt)
  const final = fitted(samples)
  return {
    sentence: rounded(final.sentence),
    bias: round(final.bias),
    quote: rounded(final.quote),
    treeBias: round(final.treeBias),
    trees: rounded(final.trees),
    slope: round(platt.weights[0]),
    offset: round(platt.bias),
  }
}

async function searched({ questions, natural, arena }) {
  const samples = []
  for (const { question, answers, title, context } of questions) {
    samples.push({ kind: 'there', group: title, answers, context, ...(await looked(question)) })
    samples.push({ kind: 'taken', group: title, answers, ...(await looked(question, context)) })
  }
  for (const [kind, texts] of Object.entries({ natural, arena }))
    for (const text of texts)
      samples.push({ kind, group: text, answers: [], ...(await looked(text.slice(0, MOST_CHARACTERS))) })
  return samples
}

async function looked(text, without) {
  const question = room.weighQuestion(text, where)
  const numbers = await room.fusedSearch(question, where, READ + 2, Date.now())
  const found = numbers
    .map(readingOf)
    .filter(({ passage }) => without === undefined || !isOf(passage.text, without))
  const [meaning] = await encoder.embed([text])
  return { question, meaning, found: found.slice(0, READ) }
}

function scoredSample({ question: read, meaning, found, ...sample }, name) {
  const question = name === 'words' ? read : { ...read, meaning }
  const scored = room.scoreSentences(question, found, [])
  const right = scored.map(
    ({ reading, at }) =>
      sample.context !== undefined &&
      isOf(reading.passage.text, sample.context) &&
      holds(reading.sentences[at].text, sample.answers),
  )
  return { ...sample, question, scored, right }
}

function isOf(passage, context) {
  const [one, two] = [passage, context].map((text) => text.replace(/\s+/g, ' ').trim())
  return one.includes(two) || two.includes(one)
}

function readingOf(number) {
  if (!readings.has(number))
    readings.set(
      number,
      room.readPassage(where.store.passage(where.collection, number), { embedder, encoder }),
    )
  return readings.get(number)
}

function fitted(some) {
  const ranked = some.filter(({ kind }) => kind === 'there')
  const sentence = fitRanking(
    ranked.map(({ scored, right }) => ({ features: scored.map(({ features }) => features), right })),
  )
  const quotes = some.flatMap((sample) => {
    const quote = quoteOf(sample, sentence)
    return quote === undefined ? [] : [{ ...quote, count: COUNTS[sample.kind] }]
  })
  const rows = quotes.map(({ features }) => features)
  const labels = quotes.map(({ right }) => (right ? 1 : 0))
  const counts = quotes.map(({ count }) => count)
  const { bias, weights: quote } = fitLogistic(rows, labels, counts)
  const { bias: treeBias, trees } = fitTrees(rows, labels, counts, ROUNDS)
  return { sentence, bias, quote, treeBias, trees }
}

function quoteOf({ question, scored, answers }, sentence) {
  for (const one of scored) one.score = product(sentence, one.features)
  room.shareOut(scored)
  const quote = room.chooseQuote(question, scored, wordVector)
  if (quote === undefined) return undefined
  const { sentences, passage } = quote.reading
  const text = passage.text.slice(sentences[quote.from].begin, sentences[quote.to].end)
  return { features: quote.features, right: holds(text, answers), text }
}

function wordVector(term) {
  if (!wordVectors.has(term)) wordVectors.set(term, embedder.embed(term))
  return wordVectors.get(term)
}

function oddsOf({ bias, quote, treeBias, trees }, features) {
  return (bias + product(quote, features) + treesScore({ bias: treeBias, trees }, features)) / 2
}

function report(all, { weights: [slope], bias }) {
  const told = all.map((one) => ({ ...one, confidence: sigmoid(slope * one.odds + bias) }))
  const there = told.filter(({ kind }) => kind === 'there')
  console.log(
    `${there.length} questions, ${percent(there, ({ right }) => right)} % of whose best quotes hold the answer`,
  )
  console.log(
    'at confidence  answered right  wrong of answered  answered: passage taken  Natural Questions  Arena-Hard',
  )
  for (const least of [0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.96]) {
    const answered = there.filter(({ confidence }) => confidence >= least)
    const others = ['taken', 'natural', 'arena'].map((kind) =>
      percent(
        told.filter((one) => one.kind === kind),
        ({ confidence, right }) => confidence >= least && !right,
      ),
    )
    const right = percent(there, (one) => one.confidence >= least && one.right)
    console.log([least, right, percent(answered, (one) => !one.right), ...others].join('  '))
  }
}

function percent(rows, holdsFor) {
  return ((100 * rows.filter(holdsFor).length) / rows.length).toFixed(2)
}

function rounded(value) {
  return typeof value === 'number' ? round(value) : Array.from(value, rounded)
}

function round(value) {
  return Number(value.toPrecision(5))
}
