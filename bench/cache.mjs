// `npm run bench:cache -- --data FOLDER [--quick]`: how often the semantic cache hits and how often it is wrong, beside cosine
// thresholds that others use and vCache's rule, on the same questions. FOLDER holds JSON lines, gzipped (cache/streams.mjs).
// Half of a stream's questions are remembered, the rest asked. What trimtab begins with is calibrated on the licensed sets,
// and where one of them is measured, on the others alone. The first run computes vectors, on one core, for half an hour.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { atShares } from './cache/at-shares.mjs'
import { cosine, THRESHOLDS, vcache } from './cache/baselines.mjs'
import { calibrated, samplesOf } from './cache/calibrate.mjs'
import { drifting, prepareDrift } from './cache/drift.mjs'
import { loadEncoder, loadStatic } from './cache/embedders.mjs'
import { lookupTimes } from './cache/lookup.mjs'
import { figures, replay } from './cache/replay.mjs'
import { asMarkdown } from './cache/report.mjs'
import { loadSemantic } from './cache/semantic.mjs'
import { isLicensed, SET_NAMES } from './cache/streams.mjs'
import { encoderTimes, layerTimes } from './cache/times.mjs'
import { prepare, traffic } from './cache/traffic.mjs'
import { minilmTimes } from './cache/vectors.mjs'
import { MACHINE } from './processes.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' }, quick: { type: 'boolean' } } })
if (values.data === undefined) {
  console.error('Name the folder that holds the questions: npm run bench:cache -- --data FOLDER')
  process.exit(1)
}
const POLICY = { maxWrongRate: 0.005, auditShare: 0.05, firstAudits: 300 }
/** Streams of one workflow go on with other halves remembered until about so many requests have been asked. */
const REQUESTS = values.quick ? 2000 : 12_000
const MOST_PASSES = 12
const JUDGES = {
  'exact judge': { error: 0, misses: true },
  'judge errs 5 %': { error: 0.05, misses: true },
  'judge errs 5 %, known': { error: 0.05, known: 0.05, misses: true },
  'hits alone are judged': { error: 0, misses: false },
}
const SPLIT =
  'half of the questions of a stream are remembered, the rest asked; split by seeds 1, 2, …; calibrated on split 1 of advising, BANKING77, CLINC150 and WikiSQL tables, each left out where it is measured; thresholds of the figures at a share are set on the same stream'

const semantic = await loadSemantic()
const embedders = { instant: await loadStatic(), encoder: await loadEncoder() }
const embeddings = ['static', 'encoder', 'minilm']
const sets = new Map(SET_NAMES.map((name) => [name, prepare(name, values.data, semantic, embedders)]))
const samples = Object.fromEntries(
  embeddings.map((embedding) => [
    embedding,
    Object.fromEntries(
      SET_NAMES.filter(isLicensed).map((name) => [
        name,
        samplesOf(traffic(sets.get(name), 1, semantic, embedding), semantic),
      ]),
    ),
  ]),
)

const streams = {}
for (const [name, set] of sets) {
  if (name === 'clinc') continue
  const count = Math.min(MOST_PASSES, Math.ceil(REQUESTS / (set.questions.length / 2)))
  const seeds = Array.from({ length: count }, (_, index) => index + 1)
  streams[name] = measured(name, set, (embedding) => {
    const passes = seeds.map((seed) => traffic(set, seed, semantic, embedding))
    return () => passes
  })
}
for (const [name, quiet] of [
  ['answers that change', 0],
  ['answers that begin to change', 2],
]) {
  streams[name] = measured('clinc', sets.get('clinc'), (embedding) => {
    const passes = [1, 2, 3, 4].map((seed) => prepareDrift(sets.get('clinc'), seed, semantic, embedding))
    return () => passes.map((pass, index) => drifting(pass, index >= quiet))
  })
}
const texts = sets
  .get('advising')
  .questions.slice(0, 320)
  .map(({ text }) => text)
const result = {
  date: new Date().toISOString(),
  machine: MACHINE,
  split: SPLIT,
  retriever: embedders.instant.id,
  encoder: embedders.encoder.id,
  policy: POLICY,
  streams,
  times: {
    layers_us: layerTimes(sets.get('advising'), semantic, embedders.instant),
    embedding_ms: {
      'small encoder': encoderTimes(texts, embedders.encoder),
      'MiniLM, native': minilmTimes(texts),
    },
    lookup_ms: await lookupTimes([sets.get('banking'), sets.get('clinc'), sets.get('advising')]),
  },
}
mkdirSync(new URL('./results', import.meta.url), { recursive: true })
const markdown = asMarkdown(result)
if (!values.quick) {
  writeFileSync(new URL('./results/cache.json', import.meta.url), `${JSON.stringify(result, null, 1)}\n`)
  writeFileSync(new URL('./results/cache.md', import.meta.url), markdown)
}
process.stdout.write(markdown)

/** @param passesFor of an embedding, a function that begins the streams anew */
function measured(leftOut, set, passesFor) {
  const found = { questions: set.questions.length, systems: {}, trimtab: {} }
  for (const embedding of embeddings) {
    const begin = passesFor(embedding)
    if (embedding === 'minilm') {
      for (const threshold of THRESHOLDS)
        found.systems[`cosine ${threshold}`] = figures(cosine(begin(), threshold), semantic)
      found.systems['vCache, delta 0.5 %'] = figures(vcache(begin(), semantic, POLICY.maxWrongRate), semantic)
    }
    const { [leftOut]: _, ...others } = samples[embedding]
    const calibration = calibrated(others)
    const judges = Object.entries(JUDGES).map(([judge, how]) => [
      judge,
      told(replay(begin(), semantic, calibration, POLICY, how)),
    ])
    found.trimtab[embedding] = {
      calibration,
      judges: Object.fromEntries(judges),
      shares: atShares(begin(), set, semantic, calibration),
    }
  }
  return found
}

function told({ before, after, all, mostWrong, settled, report }) {
  const round = (share) => Math.round(10_000 * share) / 10_000
  return {
    before: figures(before, semantic),
    after: figures(after, semantic),
    all: figures(all, semantic),
    mostWrong: round(mostWrong),
    settled: settled.map(round),
    report,
  }
}
