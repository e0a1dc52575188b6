// `npm run bench:knowledge -- --data FOLDER`: how many questions the documents answer right and wrong, how many they leave alone, and
// how long that takes. FOLDER holds JSON lines, gzipped (knowledge/questions.mjs). What ships was calibrated on one half of the
// articles and questions (training/knowledge/train.mjs), and is measured here on the other, which shaped nothing.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { loadEncoder, loadStatic } from './cache/embedders.mjs'
import { answeredFigures, askedOf, times } from './knowledge/evaluate.mjs'
import { documentsOf, fillersOf, halvesOf, share } from './knowledge/questions.mjs'
import { asMarkdown } from './knowledge/report.mjs'
import { collectionOf, loadRoom, waiting } from './knowledge/room.mjs'
import { MACHINE } from './processes.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' }, quick: { type: 'boolean' } } })
if (values.data === undefined) {
  console.error('Name the folder that holds the questions: npm run bench:knowledge -- --data FOLDER')
  process.exit(1)
}
const FILLERS = values.quick ? 300 : 5000
const LEVELS = [0.8, 0.85, 0.9, 0.92, 0.95]

const room = await loadRoom()
const embedder = await loadStatic()
const encoder = waiting(await loadEncoder())
const { measured, all } = halvesOf(values.data)
const some = (texts) => (values.quick ? texts.slice(0, 200) : texts)
const questions = some(measured.questions)
const unanswerable = Object.fromEntries(
  ['natural', 'arena'].map((name) => [
    name,
    some(measured[name]).map((question) => ({ question, answers: [] })),
  ]),
)

const figures = { level: room.DEFAULT_MIN_CONFIDENCE.meaning, wordsLevel: room.DEFAULT_MIN_CONFIDENCE.words }
const elsewhere = encoder.spent
await within(documentsOf(all), async (answerer, { passages, indexMs }) => {
  const before = encoder.spent()
  const asked = await askedOf(answerer, questions, { elsewhere })
  figures.encoderMicroseconds = (encoder.spent() - before) / questions.length
  figures.passages = passages
  figures.index = { ms: indexMs, msAPassage: indexMs / passages }
  figures.there = answeredFigures(asked)
  for (const [name, list] of Object.entries(unanswerable))
    figures[name] = answeredFigures(await askedOf(answerer, list))
  figures.times = { [passages]: times(asked) }
  figures.levels = []
  for (const minConfidence of LEVELS) {
    const asked = await askedOf(answerer, questions, { minConfidence })
    figures.levels.push({ minConfidence, ...answeredFigures(asked) })
  }
})

const byWords = { embedder }
await within(
  documentsOf(all),
  async (answerer) => {
    figures.words = answeredFigures(await askedOf(answerer, questions))
  },
  byWords,
)

// A passage in two of the measured articles is taken away: its questions have no answer, and all that is near them is there.
const taken = new Set(measured.rows.map(({ context }) => context).filter((context) => share(context) < 0.5))
const left = all.filter(({ context }) => !taken.has(context))
await within(documentsOf(left), async (answerer) => {
  figures.taken = answeredFigures(
    await askedOf(
      answerer,
      questions.filter(({ context }) => taken.has(context)),
    ),
  )
})

// Beside so many of something else, by words alone: the encoder would take minutes for them.
await within(
  [...documentsOf(all), ...fillersOf(values.data, FILLERS)],
  async (answerer, { passages, indexMs }) => {
    const asked = await askedOf(answerer, questions)
    figures.among = { passages, indexMs, ...answeredFigures(asked) }
    figures.times[passages] = times(asked)
  },
  byWords,
)

const report = {
  date: new Date().toISOString(),
  machine: MACHINE,
  loadAverage: loadavg()[0],
  quick: values.quick === true,
  figures,
}
const markdown = asMarkdown(report)
console.log(markdown)
if (!values.quick) {
  mkdirSync('bench/results', { recursive: true })
  writeFileSync('bench/results/knowledge.json', `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync('bench/results/knowledge.md', markdown)
}

async function within(documents, use, by = { embedder, encoder }) {
  const where = await collectionOf(room, by, documents)
  const { store, index } = where
  try {
    await use(new room.Answerer({ store, index, ...by, timeLimitMs: 1000, now: Date.now }), where)
  } finally {
    await where.close()
  }
}
