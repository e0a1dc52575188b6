// `npm run bench:semantic [-- --sizes 10000,100000 --queries 2000 --questions FILE --loops N]`: how long a question takes that is
// looked up by meaning among so many remembered ones of one partition, on `embedding: static`, layer by layer, beside the
// bare index alone. FILE holds JSON lines with `question`, or plain lines, and may be gzipped; without it questions are made
// of forms, properties and things. Half of the queries are remembered questions said a little differently, half are of the
// same kind and were never remembered. `--loops` only looks up, for `node --cpu-prof`. Figures go to
// bench/results/semantic.json too.

import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { build } from 'esbuild'
import { madeQuestions } from './made-questions.mjs'
import { MACHINE } from './processes.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000' },
    queries: { type: 'string', default: '2000' },
    questions: { type: 'string' },
    loops: { type: 'string' },
  },
})
const QUERIES = Number(values.queries)
/** The target of issue and README: the whole lookup, by size. */
const GOALS_MS = { 10000: 0.2, 100000: 1 }
const POLICY = { mode: 'on', ttlMs: 1e9, maxWrongRate: 0.005, auditShare: 0.05, write: 'behind' }
const NOW = Date.now()
const folder = path('./.cache/semantic')

async function main() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const modules = await bundled()
  const date = new Date().toISOString()
  console.log(`${date}, ${MACHINE}, load average ${loadavg()[0].toFixed(1)}`)
  const figures = []
  for (const size of values.sizes.split(',').map(Number)) {
    const figure = await measured(modules, size)
    figures.push(figure)
    print(figure)
  }
  if (values.loops === undefined) {
    const told = {
      date,
      machine: MACHINE,
      node: process.version,
      loadAverage: loadavg()[0],
      queries: QUERIES,
      figures,
    }
    writeFileSync(path('./results/semantic.json'), `${JSON.stringify(told, null, 2)}\n`)
  }
  rmSync(folder, { recursive: true, force: true })
}

async function bundled() {
  const outfile = `${folder}/modules.mjs`
  await build({
    stdin: {
      contents: `export * from './src/cache/semantic/candidates.ts'
        export * from './src/cache/semantic/evidence.ts'
        export * from './src/cache/semantic/question-reading.ts'
        export * from './src/cache/semantic/semantic-cache.ts'
        export * from './src/embedding/static-embedder.ts'
        export * from './src/embedding/static-model.ts'
        export * from './src/storage/sqlite-evidence-store.ts'
        export * from './src/storage/sqlite-vector-index.ts'`,
      resolveDir: path('..'),
    },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  return import(pathToFileURL(outfile).href)
}

async function measured(modules, size) {
  const { Candidates, Evidence, readQuestion, SemanticCache, SqliteEvidenceStore, SqliteVectorIndex } =
    modules
  const file = path('../models/static/static.bin')
  const bytes = Uint8Array.from(readFileSync(file))
  const model = await modules.readStaticModel(bytes, (content) => hash('sha256', content), file)
  const instant = new modules.StaticEmbedder(model)
  const database = emptyCache(`${folder}/${size}.db`)
  const index = new SqliteVectorIndex({
    database,
    indexName: instant.id,
    dimensions: instant.dimensions,
    memoryBytes: 2 ** 32,
    diskBytes: Number.POSITIVE_INFINITY,
    mostEntries: Number.POSITIVE_INFINITY,
    timeLimitMs: 1e9,
    warn: console.error,
  })
  const evidence = new Evidence(new SqliteEvidenceStore(database, Date.now), instant.id, Date.now)
  const parts = { instant, contextual: undefined, index, evidence, now: () => NOW }
  const cache = new SemanticCache({ ...parts, idOf: (_tenant, _partition, text) => uuidOf(text) })
  const all = questions(size + QUERIES)
  await remember(index, instant, all.slice(0, size))
  const asked = queriesFrom(all, size).map(questionOf)
  if (values.loops !== undefined) {
    for (let loop = 0; loop < Number(values.loops); loop++)
      for (const one of asked) await cache.look(one, POLICY)
    return { size }
  }
  await index.nearest({ ...questionOf(all[0]), vector: instant.embed(all[0]), count: 10, nowMs: NOW })
  const candidates = new Candidates(parts)
  const layers = { look: [], embed: [], read: [], nearest: [], candidates: [], decide: [] }
  const time = async (name, work) => {
    const began = process.hrtime.bigint()
    const result = work()
    const settled = result instanceof Promise ? await result : result
    layers[name].push(Number(process.hrtime.bigint() - began) / 1e6)
    return settled
  }
  let unvetoed = 0
  for (const pass of ['warm', 'timed']) {
    if (pass === 'timed') for (const name of Object.keys(layers)) layers[name].length = 0
    for (const question of asked) {
      await time('look', () => cache.look(question, POLICY))
      const vector = await time('embed', () => instant.embed(question.text))
      const reading = await time('read', () => readQuestion(question.text))
      const neighbours = await time('nearest', () =>
        index.nearest({ ...question, vector, count: 10, nowMs: NOW }),
      )
      const judged = { question, reading, neighbours, policy: POLICY, confirmWithinMs: 100, reasons: [] }
      const candidate = await time('candidates', () => candidates.best(judged))
      await time('decide', () => evidence.decide(question.workflow, POLICY, candidate, true))
      if (pass === 'timed' && candidate !== undefined) unvetoed++
    }
  }
  const cpu = process.cpuUsage()
  for (const question of asked) await cache.look(question, POLICY)
  const { user, system } = process.cpuUsage(cpu)
  const lookCpuMs = Number(((user + system) / 1000 / asked.length).toFixed(4))
  await index.close()
  const told = Object.entries(layers).map(([name, times]) => [name, percentiles(times)])
  const withCandidate = unvetoed / asked.length
  return { size, goalP50Ms: GOALS_MS[size] ?? null, withCandidate, lookCpuMs, ...Object.fromEntries(told) }
}

function emptyCache(file) {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  for (const name of ['0001_exact', '0002_vectors', '0003_semantic_evidence'])
    database.exec(readFileSync(path(`../migrations/cache/${name}.sql`), 'utf8'))
  return database
}

async function remember(index, instant, texts) {
  for (const [place, text] of texts.entries()) {
    const { tenant, partition, workflow } = questionOf(text)
    index.add({
      id: uuidOf(text),
      tenant,
      partition,
      workflow,
      keyName: undefined,
      tags: {},
      vector: instant.embed(text),
      question: text,
      answer: 'x'.repeat(1000),
      createdAtMs: NOW,
      expiresAtMs: NOW + 1e9,
    })
    if (place % 5000 === 4999) await index.flushed()
  }
  await index.flushed()
}

function questionOf(text) {
  return { tenant: 't', workflow: 'faq', partition: 'p', text, keyName: undefined, tags: {} }
}

function queriesFrom(all, size) {
  const step = Math.max(1, Math.floor(size / QUERIES))
  return Array.from({ length: QUERIES }, (_, place) =>
    place % 2 === 0 ? saidOtherwise(all[place * step]) : all[size + place],
  )
}

function saidOtherwise(text) {
  const otherwise = text.replace(/^What is /i, "What's ").replace(/^How do I /i, 'How can I ')
  return otherwise === text ? text.replace(/[?]$/, '') : otherwise
}

function questions(count) {
  const found = values.questions === undefined ? madeQuestions() : readQuestions(values.questions)
  const distinct = [...new Set(found)].slice(0, count)
  if (distinct.length < count)
    throw new Error(`There are ${distinct.length} questions, and ${count} are needed.`)
  return distinct
}

function readQuestions(file) {
  const bytes = readFileSync(file)
  const text = String(file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines
    .map((line) => (line.startsWith('{') ? String(JSON.parse(line).question ?? '') : line).trim())
    .filter((line) => line !== '' && line.length <= 400)
}

function uuidOf(text) {
  const hex = hash('sha256', text)
  return [8, 12, 16, 20, 32].map((end, place) => hex.slice([0, 8, 12, 16, 20][place], end)).join('-')
}

function percentiles(times) {
  const sorted = [...times].sort((one, other) => one - other)
  const at = (share) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(4))
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}

function print({ size, goalP50Ms, withCandidate, lookCpuMs, ...layers }) {
  if (layers.look === undefined) return
  const met =
    goalP50Ms === null ? '' : `, goal ${goalP50Ms} ms: ${layers.look.p50Ms <= goalP50Ms ? 'met' : 'missed'}`
  console.log(
    `${size} questions in one partition (${(100 * withCandidate).toFixed(0)}% of queries leave a candidate)${met}; CPU ${lookCpuMs} ms a look`,
  )
  for (const [name, { p50Ms, p99Ms }] of Object.entries(layers))
    console.log(`  ${name.padEnd(11)} p50 ${p50Ms.toFixed(4)} ms   p99 ${p99Ms.toFixed(4)} ms`)
}

await main()
