// `npm run bench:vectors [-- --sizes 10000,100000,1000000 --dimensions 256,384 --queries 400]`: how long the embedded
// vector index takes to find the 5 nearest of so many remembered questions in one partition, how often these are the 5
// that exact search finds, and what it costs to hold and to load them, beside a scan of plain 32-bit floats in the same
// process. Everything a lookup does is timed: the search, and reading what was found from cache.db.
// The vectors are made, not embedded: 50 around each of random centres (cosine of about 0.7 between two of them), all
// with a direction in common (a third of the length), as real embedders have one; each query is a remembered vector with
// noise (cosine of about 0.9, as between paraphrases). The figures go to bench/results/vectors.json too.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { build } from 'esbuild'
import { MACHINE } from './processes.mjs'
import { seeded } from './seeded.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    dimensions: { type: 'string', default: '256,384' },
    queries: { type: 'string', default: '400' },
    one: { type: 'boolean', default: false },
  },
})
const QUERIES = Number(values.queries)
/** Exact search takes long. */
const EXACT_QUERIES = Number(values.sizes) < 1e6 ? 50 : 20
const COUNT = 5
const GOALS_MS = { 10000: 0.08, 100000: 0.8 }
const folder = path('./.cache/vectors')
const modules = `${folder}/modules.mjs`

/** Each size in a process of its own, so that its memory is its own. */
async function main() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await build({
    stdin: {
      contents: `export * from './src/storage/sqlite-vector-index.ts'
        export * from './src/storage/vector-rows.ts'
        export * from './src/vectors/simd-kernel.ts'
        export * from './src/vectors/plain-kernel.ts'`,
      resolveDir: path('..'),
    },
    outfile: modules,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  const date = new Date().toISOString()
  console.log(`${date}, ${MACHINE}, load average ${loadavg()[0].toFixed(1)}`)
  const figures = []
  for (const dimensions of list(values.dimensions)) {
    for (const size of list(values.sizes)) {
      const figure = measuredAlone(size, dimensions)
      figures.push(figure)
      console.log(line(figure))
    }
  }
  const told = { date, machine: MACHINE, loadAverage: loadavg()[0], queries: QUERIES, figures }
  writeFileSync(path('./results/vectors.json'), `${JSON.stringify(told, null, 2)}\n`)
  rmSync(folder, { recursive: true, force: true })
}

function measuredAlone(size, dimensions) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      fileURLToPath(import.meta.url),
      '--one',
      '--sizes',
      size,
      '--dimensions',
      dimensions,
      '--queries',
      QUERIES,
    ].map(String),
    { stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 20 },
  )
  if (status !== 0) throw new Error(`The measurement of ${size} vectors ended with ${status}.`)
  return JSON.parse(String(stdout))
}

async function measure(size, dimensions) {
  const { plainKernel, simdKernel, SqliteVectorIndex, VectorRows } = await import(modules)
  const made = madeVectors(size, dimensions)
  const file = `${folder}/${size}-${dimensions}.db`
  const writeMs = written(new VectorRows(emptyCache(file), 'bench'), made)
  const open = (kernel) =>
    new SqliteVectorIndex({
      database: new Database(file),
      indexName: 'bench',
      dimensions,
      memoryBytes: 2 ** 32,
      diskBytes: Number.POSITIVE_INFINITY,
      mostEntries: Number.POSITIVE_INFINITY,
      timeLimitMs: 1e9,
      warn: console.error,
      kernel,
    })
  const queries = Array.from({ length: QUERIES }, (_, index) => made.query(index))
  const index = open(simdKernel())
  const before = memory()
  const cpu = process.cpuUsage()
  const loadMs = await timed(() => index.nearest(queryOf(queries[0])))
  const loading = process.cpuUsage(cpu)
  const loadCpuMs = (loading.user + loading.system) / 1000
  const memoryMb = memory() - before
  const found = queries.map((vector) => index.nearest(queryOf(vector)).map(({ id }) => id))
  // A gateway has asked before: what is measured is the compiled code.
  for (let round = 0; round * size < 100_000; round++)
    times(queries, (vector) => index.nearest(queryOf(vector)))
  const lookup = times(queries, (vector) => index.nearest(queryOf(vector)))
  await index.close()
  const plainIndex = open(plainKernel())
  await plainIndex.nearest(queryOf(queries[0]))
  const plain = times(queries.slice(0, 100), (vector) => plainIndex.nearest(queryOf(vector)))
  await plainIndex.close()
  const exact = queries.slice(0, EXACT_QUERIES)
  const truth = []
  const floats = times(exact, (vector) => truth.push(made.exact(vector)))
  const hits = truth.map((ids, query) => ids.filter((id) => found[query].includes(idOf(id))).length)
  const firsts = truth.filter(([first], query) => found[query][0] === idOf(first)).length
  const recall = sum(hits) / (COUNT * truth.length)
  return {
    size,
    dimensions,
    lookup,
    plain,
    floats,
    recall,
    first: firsts / truth.length,
    memoryMb,
    loadMs,
    loadCpuMs,
    writeMs,
  }
}

function emptyCache(file) {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = OFF')
  for (const name of ['0001_exact', '0002_vectors']) {
    database.exec(readFileSync(path(`../migrations/cache/${name}.sql`), 'utf8'))
  }
  return database
}

function written(rows, { size, vector }) {
  const start = performance.now()
  for (let first = 0; first < size; first += 1000) {
    rows.write(
      Array.from({ length: Math.min(1000, size - first) }, (_, at) =>
        entryOf(first + at, vector(first + at)),
      ),
    )
  }
  return performance.now() - start
}

function entryOf(number, vector) {
  const question = `Question ${number}: how is it that the tide comes in twice a day, and where does it go?`
  const answer = JSON.stringify({
    choices: [{ message: { role: 'assistant', content: question.repeat(5) } }],
  })
  const labels = {
    tenant: 'default',
    partition: 'f'.repeat(64),
    workflow: 'support',
    keyName: undefined,
    tags: {},
  }
  return { id: idOf(number), ...labels, vector, question, answer, createdAtMs: 1, expiresAtMs: 2e12 }
}

function queryOf(vector) {
  return { tenant: 'default', partition: 'f'.repeat(64), vector, count: COUNT, nowMs: 1e12 }
}

function idOf(number) {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** All in one array, which the exact scan runs over. */
function madeVectors(size, dimensions) {
  const next = seeded(size + dimensions)
  const noise = Float32Array.from({ length: 1 << 20 }, () => normal(next))
  const floats = new Float32Array(size * dimensions)
  const add = (into, weight) => {
    const start = Math.floor(next() * noise.length)
    const factor = weight / Math.sqrt(dimensions)
    for (let at = 0; at < dimensions; at++) into[at] += factor * noise[(start + at) & (noise.length - 1)]
  }
  const common = new Float32Array(dimensions)
  add(common, 0.4)
  const centres = Array.from({ length: Math.ceil(size / 50) }, () => {
    const centre = Float32Array.from(common)
    add(centre, 1)
    return centre
  })
  for (let index = 0; index < size; index++) {
    const vector = vectorAt(index)
    vector.set(centres[Math.floor(next() * centres.length)])
    add(vector, 0.7)
    normalise(vector)
  }
  function vectorAt(index) {
    return floats.subarray(index * dimensions, (index + 1) * dimensions)
  }
  return {
    size,
    vector: vectorAt,
    query() {
      const vector = Float32Array.from(vectorAt(Math.floor(next() * size)))
      add(vector, 0.48)
      return normalise(vector)
    },
    /** The numbers of the nearest, by a plain scan. */
    exact(query) {
      const best = []
      for (let index = 0, at = 0; index < size; index++) {
        let dot = 0
        for (let dimension = 0; dimension < dimensions; dimension++) dot += query[dimension] * floats[at++]
        if (best.length === COUNT && dot <= best[COUNT - 1].dot) continue
        best.push({ index, dot })
        best.sort((one, other) => other.dot - one.dot)
        best.length = Math.min(best.length, COUNT)
      }
      return best.map(({ index }) => index)
    },
  }
}

function normalise(vector) {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares)
  for (let at = 0; at < vector.length; at++) vector[at] /= length
  return vector
}

function normal(next) {
  return Math.sqrt(-2 * Math.log(next() || 1e-9)) * Math.cos(2 * Math.PI * next())
}

/** Wall time in milliseconds, and CPU of the whole process, which other work on the machine changes less. */
function times(queries, work) {
  const taken = []
  const cpu = process.cpuUsage()
  for (const query of queries) {
    const start = performance.now()
    work(query)
    taken.push(performance.now() - start)
  }
  const { user, system } = process.cpuUsage(cpu)
  taken.sort((one, other) => one - other)
  const at = (share) => taken[Math.min(taken.length - 1, Math.floor(share * taken.length))]
  return { p50Ms: at(0.5), p99Ms: at(0.99), cpuMs: (user + system) / 1000 / queries.length }
}

async function timed(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function memory() {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 2 ** 20
}

function line({
  size,
  dimensions,
  lookup,
  plain,
  floats,
  recall,
  first,
  memoryMb,
  loadMs,
  loadCpuMs,
  writeMs,
}) {
  const goal = dimensions === 256 && GOALS_MS[size]
  const met = goal ? ` (goal ${goal}: ${lookup.p50Ms <= goal ? 'met' : 'missed'})` : ''
  return [
    `${size.toLocaleString('en')} x ${dimensions}: p50 ${ms(lookup.p50Ms)}${met}, p99 ${ms(lookup.p99Ms)}, CPU ${ms(lookup.cpuMs)}`,
    `recall@5 ${(100 * recall).toFixed(1)}%, nearest found ${(100 * first).toFixed(0)}%`,
    `without WebAssembly p50 ${ms(plain.p50Ms)}, float32 scan p50 ${ms(floats.p50Ms)}`,
    `${memoryMb.toFixed(0)} MB, loaded in ${loadMs.toFixed(0)} ms (CPU ${loadCpuMs.toFixed(0)}), written in ${(writeMs / 1000).toFixed(1)} s`,
  ].join('; ')
}

function ms(value) {
  return `${value.toFixed(value < 1 ? 3 : 1)} ms`
}

function list(text) {
  return text.split(',').map(Number)
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}

if (values.one) {
  const figure = await measure(Number(values.sizes), Number(values.dimensions))
  process.stdout.write(JSON.stringify(figure))
} else await main()
