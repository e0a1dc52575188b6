// `npm run bench:tiers -- --data FOLDER`: one mixed stream through documents, a small model and a large one, as policies route
// it: large calls avoided, wrong answers added, cost, latency. The models are recorded answers: Mixtral and GPT-4 on exam
// questions. Documents answer with the program's own code. Nothing that decides has seen a question that it is measured on.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { difficultyOf } from '../training/router/prior.mjs'
import { loadEncoder, loadStatic } from './cache/embedders.mjs'
import { askedOf } from './knowledge/evaluate.mjs'
import { documentsOf } from './knowledge/questions.mjs'
import { collectionOf, loadRoom, waiting } from './knowledge/room.mjs'
import { benchPrior } from './learning/bench-prior.mjs'
import { LearnedStream, remembering } from './learning/learned-stream.mjs'
import { loadLearning } from './learning/modules.mjs'
import { MACHINE } from './processes.mjs'
import { figuresOf, usdOf } from './tiers/figures.mjs'
import { asMarkdown } from './tiers/report.mjs'
import { mixedStream } from './tiers/stream.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' } } })
if (values.data === undefined) {
  console.error('Name the folder that holds the questions: npm run bench:tiers -- --data FOLDER')
  process.exit(1)
}
/** What the operator may say under `max_quality_loss`. */
const BOUNDS = [0.02, 0.03, 0.04, 0.05, 0.08]
const LABELS = [500, 2000]
const REQUESTS = [500, 2000]
/** Streams that teach, each of its own draw: what is learned of one alone is much a matter of luck. */
const DRAWS = 5
const POLICY = { share: 0.05, judge: undefined }
/** What a policy may say under `min_confidence`: a fifth of the quotes that this lets through besides may be wrong. */
const BOLD = 0.8
/** What the README's example policy asks of the prior. */
const EASY_BELOW = 0.35
/** A rule that people write by hand: short prompts are easy. */
const SHORT_TOKENS = 100
/** List prices of the recorded models when they were recorded (USD per million tokens). */
const USD_PER_MILLION = { small: { input: 0.6, output: 0.6 }, large: { input: 10, output: 30 } }
/** Whole answers. The small one: SmolLM2 on an H200 through trimtab (bench/results/local-tier.md). The large one is assumed. */
const MILLISECONDS = { documents: 5, small: 191, large: 1500 }
const model = { usdPerMillion: USD_PER_MILLION, milliseconds: MILLISECONDS }

const embedder = await loadStatic()
const { rows, requests, teaching, taught } = mixedStream(values.data)
const bench = await benchPrior(values.data)
const { answers, bold } = await documentAnswers()
const byPrior = priorDecisions()
const modules = await loadLearning()
const readers = { embedder: remembering(embedder), prior: bench.reader }
const ofLabels = await learnedOfLabels()
const ofRequests = await learnedOfRequests(answers)
const ofRequestsBold = await learnedOfRequests(bold)

/** By name: where a request goes, once for each time that the way was learned. */
const fixed = {
  'always large': [() => 'large'],
  'short prompts to the small model': [({ text }) => (text.length / 4 < SHORT_TOKENS ? 'small' : 'large')],
  'documents, else large': [(request) => byDocuments(request) ?? 'large'],
  'documents, shipped prior': [(request) => byDocuments(request) ?? byPrior(request)],
}
const oracle = {
  oracle: [
    ({ source, small, large, text }) => {
      if (source === 'documents') return answers.get(text)?.right ? 'documents' : 'large'
      return source === 'exam' && (small || !large) ? 'small' : 'large'
    },
  ],
}
const last = LABELS.at(-1)
const arms = {
  byRequests: {
    ...fixed,
    ...armsOf(ofRequests, ({ after, bound }) => `documents, learned of ${after} requests, ${bound}`),
    ...armsOf(
      ofRequestsBold,
      ({ after, bound }) => `documents at ${BOLD}, learned of ${after} requests, ${bound}`,
      bold,
    ),
    ...oracle,
  },
  byLabels: {
    ...armsOf(
      ofLabels,
      ({ labels, after, bound }) => `documents, learned of ${labels} labels (${after} requests), ${bound}`,
    ),
    ...armsOf(
      ofLabels.filter(({ labels }) => labels === last),
      ({ labels, bound }) => `documents at ${BOLD}, learned of ${labels} labels, ${bound}`,
      bold,
    ),
  },
}
const figures = Object.fromEntries(
  Object.entries(arms).map(([group, ways]) => [
    group,
    Object.fromEntries(
      Object.entries(ways).map(([name, decides]) => [
        name,
        figuresOf(
          requests.map((one) => decides.map((decide) => decided(one, decide))),
          model,
        ),
      ]),
    ),
  ]),
)
const counts = Object.fromEntries(
  ['documents', 'exam', 'open', 'hard'].map((source) => [
    source,
    requests.filter((request) => request.source === source).length,
  ]),
)
const report = {
  date: new Date().toISOString(),
  machine: MACHINE,
  loadAverage: loadavg()[0],
  counts,
  model,
  figures,
  labelling: ofRequests.map(({ after, bound, times }) => labellingOf(after, bound, times)),
}
const markdown = asMarkdown(report)
console.log(markdown)
const results = fileURLToPath(new URL('./results', import.meta.url))
mkdirSync(results, { recursive: true })
writeFileSync(`${results}/tiers.json`, `${JSON.stringify(report, null, 2)}\n`)
writeFileSync(`${results}/tiers.md`, markdown)

function byDocuments({ text }, by = answers) {
  return by.has(text) ? 'documents' : undefined
}

/** @param standings `{ bound, times: [{ begin }] }` and what else a name wants */
function armsOf(standings, nameOf, by = answers) {
  return Object.fromEntries(
    standings.map((standing) => [
      nameOf({ ...standing, bound: `bound ${100 * standing.bound} %` }),
      standing.times.map(
        ({ begin }) =>
          (request) =>
            byDocuments(request, by) ?? begin(request),
      ),
    ]),
  )
}

function decided(request, decide) {
  const tier = decide(request)
  if (tier === 'documents') return { request, tier, right: bold.get(request.text)?.right }
  return { request, tier, right: request[tier] }
}

/**
 * By question, also by those that teach: what the documents said, `{ right }`, where they did not abstain, as confident as a
 * policy asks by default and `bold`. Of a question whose answer they lack, it is wrong.
 */
async function documentAnswers() {
  const room = await loadRoom()
  const encoder = waiting(await loadEncoder())
  const where = await collectionOf(room, { embedder, encoder }, documentsOf(rows))
  const answerer = new room.Answerer({ ...where, timeLimitMs: 1000, now: Date.now })
  const gold = new Map(requests.map(({ text, answers: right = [] }) => [text, right]))
  for (let draw = 1; draw <= DRAWS; draw++)
    for (const { text } of firstOf(taught(draw), REQUESTS.at(-1))) if (!gold.has(text)) gold.set(text, [])
  const asked = await askedOf(
    answerer,
    [...gold].map(([question, right]) => ({ question, answers: right })),
    { minConfidence: BOLD },
  )
  const answered = asked.filter(({ found }) => found.kind === 'found')
  const surely = (await askedOf(answerer, answered)).filter(({ found }) => found.kind === 'found')
  await where.close()
  const byQuestion = (list) => new Map(list.map(({ question, right }) => [question, { right }]))
  return { answers: byQuestion(surely), bold: byQuestion(answered) }
}

/** The prior as it ships, but for the exam that it is measured on: learned of the other one. */
function priorDecisions() {
  const { prior, code } = bench
  return ({ text }) => {
    const { isKnown, probability } = difficultyOf(text, prior, code)
    return isKnown && probability < EASY_BELOW ? 'small' : 'large'
  }
}

/** Versions in force after so many labels, under each bound. */
async function learnedOfLabels() {
  const standings = []
  for (const bound of BOUNDS) {
    const stream = new LearnedStream(modules, readers, { ...POLICY, maxQualityLoss: bound }, 1)
    for (const { text, agrees } of teaching) {
      while (!stream.willLabel()) stream.requests++
      await stream.ask(text, agrees, true)
      if (!LABELS.includes(stream.labels)) continue
      const { labels, requests: after } = stream
      standings.push({ bound, labels, after, times: [{ begin: beginningsOf(stream) }] })
      if (labels === LABELS.at(-1)) break
    }
  }
  return standings
}

/**
 * Versions in force after so many requests of the stream's own mixture, under each bound. What documents answer is asked of no
 * model, and gives no label.
 */
async function learnedOfRequests(by) {
  const standings = []
  for (const bound of BOUNDS) {
    const times = []
    for (let draw = 1; draw <= DRAWS; draw++)
      times.push(await learnedOfDraw(by, { ...POLICY, maxQualityLoss: bound }, draw))
    for (const [index, after] of REQUESTS.entries())
      standings.push({ bound, after, times: times.map((time) => time[index]) })
  }
  return standings
}

async function learnedOfDraw(by, policy, draw) {
  const stream = new LearnedStream(modules, readers, policy, draw)
  const standings = []
  for (const { text, agrees } of firstOf(taught(draw), REQUESTS.at(-1))) {
    if (by.has(text) || !stream.willLabel()) stream.requests++
    else await stream.ask(text, agrees, true)
    if (!REQUESTS.includes(stream.requests)) continue
    const { labels, asked, standing } = stream
    const [small, large] = [[...asked.small], [...asked.large]]
    standings.push({ begin: beginningsOf(stream), labels, small, large, version: standing?.inForce ?? 0 })
  }
  return standings
}

/** As they are now: the stream goes on to learn. */
function beginningsOf(stream) {
  const begun = new Map(requests.map(({ text }) => [text, stream.beginningOf(text)]))
  return ({ text }) => begun.get(text)
}

/** What learning has cost by then, mean of the draws. */
function labellingOf(after, bound, times) {
  const mean = (of) => times.reduce((sum, time) => sum + of(time), 0) / times.length
  const usd = (texts, tier) => texts.reduce((sum, text) => sum + usdOf({ text }, tier, model), 0)
  return {
    after,
    bound,
    labels: mean(({ labels }) => labels),
    small: mean(({ small }) => small.length),
    large: mean(({ large }) => large.length),
    usd: mean(({ small, large }) => usd(small, 'small') + usd(large, 'large')),
    without: times.filter(({ version }) => version === 0).length,
  }
}

function firstOf(generator, count) {
  return Array.from({ length: count }, () => generator.next().value)
}
