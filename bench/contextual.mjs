// `npm run bench:contextual [-- --quick]`: what MiniLM costs in its process, as trimtab asks it: time to the first
// vector, p50 and p99 of one text of 20 and of 200 tokens, 32 texts at once, memory, and what is left to the event loop
// that asks. Figures go to bench/results/contextual.json, but for a quick run.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { MACHINE } from './processes.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const quick = process.argv.includes('--quick')
const RUNS = quick ? { 20: 100, 200: 20 } : { 20: 2000, 200: 500 }
const WARM_UP = 20
const TICKS_PER_SECOND = 100
/** Counted by the model's tokenizer, the two that enclose a text included. */
const TEXTS = {
  20: 'How do I reset the password of my online banking account when the old phone is gone?',
  200: 'How do I reset the password of my online banking account when the old phone is gone? '
    .repeat(11)
    .trim(),
}

const folder = path('./.cache/contextual')
const { ContextualEmbedder, readEmbedderModel } = await bundled()
const weights = execFileSync(process.execPath, [path('../scripts/fetch-minilm.mjs')], {
  encoding: 'utf8',
}).trim()
execFileSync(process.execPath, [
  path('../dist/cli.js'),
  'models',
  'add',
  'minilm',
  '--from',
  weights,
  '--data',
  folder,
])

const digestMs = await timed(() =>
  readEmbedderModel(folder, { model: 'minilm', dtype: undefined, pooling: 'mean' }),
)
const model = await readEmbedderModel(folder, { model: 'minilm', dtype: undefined, pooling: 'mean' })
const embedder = new ContextualEmbedder({
  model,
  threads: 1,
  timeoutMs: 60_000,
  script: path('../dist/contextual-embedder-process.js'),
  environment: process.env,
  random: Math.random,
  info: () => {},
  warn: (message) => console.error(message),
})
const firstVectorMs = await timed(() => embedder.embed([TEXTS[20]]))
const figures = {
  date: new Date().toISOString(),
  machine: MACHINE,
  load_before: loadavg().map((load) => Number(load.toFixed(2))),
  model: model.id,
  digest_ms: round(digestMs),
  first_vector_ms: round(firstVectorMs),
  one_text: { 20: await oneText(20), 200: await oneText(200) },
  batch_of_32: await batch(32),
  process: memoryOf(embedder.pid),
}
await embedder.stop()
rmSync(folder, { recursive: true, force: true })
console.log(JSON.stringify(figures, null, 2))
if (!quick) writeFileSync(path('./results/contextual.json'), `${JSON.stringify(figures, null, 2)}\n`)

async function oneText(tokens) {
  for (let run = 0; run < WARM_UP; run++) await embedder.embed([TEXTS[tokens]])
  const times = []
  const cpuBefore = process.cpuUsage()
  const computedBefore = computedMs(embedder.pid)
  for (let run = 0; run < RUNS[tokens]; run++) times.push(await timed(() => embedder.embed([TEXTS[tokens]])))
  const { user, system } = process.cpuUsage(cpuBefore)
  times.sort((one, other) => one - other)
  return {
    runs: times.length,
    p50_ms: round(times[Math.floor(times.length * 0.5)]),
    p99_ms: round(times[Math.floor(times.length * 0.99)]),
    computing_cpu_ms: round((computedMs(embedder.pid) - computedBefore) / times.length),
    asking_cpu_us: round((user + system) / times.length),
  }
}

async function batch(size) {
  const texts = Array.from({ length: size }, () => TEXTS[20])
  const times = []
  for (let run = 0; run < (quick ? 3 : 30); run++) times.push(await timed(() => embedder.embed(texts)))
  times.sort((one, other) => one - other)
  const p50 = times[Math.floor(times.length / 2)]
  return { p50_ms: round(p50), texts_per_second: Math.round((1000 * size) / p50) }
}

/** CPU time that the process has had, which says more than the clock on a busy machine; NaN elsewhere than on Linux. */
function computedMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) * (1000 / TICKS_PER_SECOND)
  } catch {
    return Number.NaN
  }
}

/** Of the process that computes; elsewhere than on Linux nothing is told. */
function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
    return { rss_mib: megabytes('VmRSS'), rss_peak_mib: megabytes('VmHWM') }
  } catch {
    return {}
  }
}

async function timed(work) {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function round(value) {
  return Number(value.toFixed(value < 10 ? 2 : 1))
}

/** The sources as they are, since the package has no entry for them. */
async function bundled() {
  const outfile = path('./.cache/contextual-embedder.mjs')
  await build({
    stdin: {
      contents: `export { ContextualEmbedder } from './src/platform/node/contextual-embedder.ts'
        export { readEmbedderModel } from './src/platform/node/embedder-model.ts'`,
      resolveDir: path('..'),
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return import(outfile)
}
