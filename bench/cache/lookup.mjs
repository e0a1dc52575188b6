// Times of the program's own lookup: static table, vectors in cache.db on disk, every layer, the shipped encoder in its
// thread, evidence. Half of the questions are remembered in one partition, some of the rest are looked up.
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { split } from './streams.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const LOOKUPS = 600
/** Beside the time of the first lookups, which warm the compiler and what is read from disk. */
const WARMING = 100
const POLICY = { mode: 'on', ttlMs: 3_600_000, maxWrongRate: 0.005, auditShare: 0.05, write: 'behind' }
const VECTORS = {
  use: 'embedded',
  timeoutMs: 50,
  memoryBytes: 256 * 2 ** 20,
  diskBytes: 2 ** 30,
  mostEntries: 1e6,
}
const USES = { 'static alone': 'static', 'static + encoder': 'auto' }
/** A caller may have no more than 2,000 answers remembered in an hour. */
const CALLERS = 10

/** `{remembered, loadAverage, figures: {work: [p50, p99, lookups]}}`, milliseconds. */
export async function lookupTimes(sets) {
  const openSemantic = await bundled()
  const halves = sets.map(({ questions }) => split(questions.length, 1))
  const textsOf = (half) =>
    sets.flatMap(({ questions }, index) => halves[index][half].map((row) => questions[row].text))
  const remembered = textsOf('remembered')
  const asked = textsOf('asked')
  const every = Math.floor(asked.length / (LOOKUPS + WARMING))
  const looked = asked.filter((_, index) => index % every === 0).slice(0, LOOKUPS + WARMING)
  const data = mkdtempSync(join(tmpdir(), 'trimtab-lookup-'))
  const figures = {}
  try {
    await opened(openSemantic, data, 'static', (cache) => fill(cache, remembered))
    for (const [name, use] of Object.entries(USES)) {
      await opened(openSemantic, data, use, async (cache) => {
        for (const [work, times] of Object.entries(await timed(cache, looked)))
          figures[`a lookup, ${name}, ${work}`] = told(times)
      })
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
  return { remembered: remembered.length, loadAverage: Number(loadavg()[0].toFixed(1)), figures }
}

async function opened(openSemantic, data, use, work) {
  const config = { data, embedding: { use, local: { model: 'minilm', pooling: 'mean' } }, vectors: VECTORS }
  const warn = (message) => console.error(message)
  const environment = { PATH: process.env.PATH }
  const semantic = await openSemantic({ config, environment, now: Date.now, info() {}, warn })
  try {
    await work(semantic.cache)
  } finally {
    await semantic.close()
  }
}

async function fill(cache, texts) {
  for (const [index, text] of texts.entries()) {
    const look = await cache.look(questionOf(text, index), POLICY, false)
    const write = index % 500 === 499 || index === texts.length - 1 ? 'through' : 'behind'
    await cache.remember(look, answerAt(Date.now()), { ...POLICY, write })
  }
}

function answerAt(createdAt) {
  const body = new TextEncoder().encode(
    JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'as before' } }] }),
  )
  return {
    key: '0'.repeat(64),
    tenant: 'bench',
    workflow: 'bench',
    provider: 'bench',
    model: 'bench',
    tier: undefined,
    form: 'json',
    contentType: 'application/json',
    body,
    usage: undefined,
    tokens: {},
    createdAt,
    expiresAt: createdAt + POLICY.ttlMs,
  }
}

async function timed(cache, texts) {
  const times = { 'nothing to confirm': [], 'a candidate to confirm': [] }
  for (const [index, text] of texts.entries()) {
    const begin = performance.now()
    const { candidate } = await cache.look(questionOf(text, index), POLICY)
    const took = performance.now() - begin
    if (index < WARMING) continue
    times[candidate === undefined ? 'nothing to confirm' : 'a candidate to confirm'].push(took)
  }
  return times
}

function questionOf(text, index) {
  return {
    tenant: 'bench',
    workflow: 'bench',
    partition: 'bench',
    text,
    keyName: `caller ${index % CALLERS}`,
    tags: {},
  }
}

function told(times) {
  times.sort((one, other) => one - other)
  const at = (share) => Math.round(1000 * (times[Math.floor(share * times.length)] ?? 0)) / 1000
  return [at(0.5), at(0.99), times.length]
}

async function bundled() {
  const outfile = path('../.cache/cache/lookup.mjs')
  await build({
    entryPoints: [path('../../src/platform/node/open-semantic.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outfile,
    logLevel: 'warning',
  })
  const { openSemantic } = await import(pathToFileURL(outfile).href)
  return openSemantic
}
