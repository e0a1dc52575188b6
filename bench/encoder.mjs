// `npm run bench:encoder [-- --reference FOLDER] [--static FILE]`: time of the small encoder by length of the text, load
// time and memory; with FOLDER, which training/encoder/reference.py writes, also how well it tells texts apart, beside
// MiniLM int8 and (with FILE, or models/static/static.bin) the static table, on sets that chose nothing of it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { MACHINE } from './processes.mjs'
import { separation } from './separation.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: {
    reference: { type: 'string' },
    static: { type: 'string', default: path('../models/static/static.bin') },
    child: { type: 'boolean' },
  },
})
const MODEL = path('../models/encoder/encoder.bin')
const BUNDLE = path('./.cache/embedding/small-encoder.mjs')
const WORDS =
  `How do I change the delivery address of an order that has not been shipped yet ? My invoice shows the tax twice
  could you please send a corrected one ? Is it possible to cancel a booking within a day without losing the deposit ?`.split(
    /\s+/,
  )

async function main() {
  mkdirSync(path('./.cache/embedding'), { recursive: true })
  const contents = [
    'small-encoder',
    'small-encoder-model',
    'encoder-arithmetic',
    'static-embedder',
    'static-model',
  ]
    .map((name) => `export * from './${name}.ts'`)
    .join('\n')
  const stdin = { contents, resolveDir: path('../src/embedding'), loader: 'ts' }
  await build({ stdin, outfile: BUNDLE, bundle: true, format: 'esm', target: 'node20', logLevel: 'warning' })
  // In a process of its own: memory and load time are those of a program that has nothing else.
  const child = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), '--child'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const figures = JSON.parse(child.stdout)
  const quality = values.reference ? await judged(values.reference) : undefined
  const result = { date: new Date().toISOString(), machine: MACHINE, ...figures, ...(quality && { quality }) }
  mkdirSync(path('./results'), { recursive: true })
  writeFileSync(path('./results/encoder.json'), `${JSON.stringify(result, null, 2)}\n`)
  console.log(JSON.stringify(result, null, 2))
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const bytesOf = (file) => new Uint8Array(readFileSync(file))

async function encoder() {
  const { readEncoderModel, SmallEncoder, encoderArithmetic } = await import(pathToFileURL(BUNDLE).href)
  return new SmallEncoder(await readEncoderModel(bytesOf(MODEL), sha256, MODEL), await encoderArithmetic())
}

async function measured() {
  globalThis.gc()
  const before = process.memoryUsage().rss
  const began = performance.now()
  const embedder = await encoder()
  embedder.embed('first')
  const loadMs = performance.now() - began
  // Every word is one token; the two marks come on top.
  const times = [20, 126].map((tokens) => ({ tokens, ...timed(embedder, textsOf(tokens)) }))
  globalThis.gc()
  const { rss } = process.memoryUsage()
  return {
    id: embedder.id,
    loadMs: rounded(loadMs, 1),
    addedMiB: rounded((rss - before) / 2 ** 20, 1),
    rssMiB: rounded(rss / 2 ** 20, 1),
    times,
  }
}

function textsOf(tokens) {
  return Array.from({ length: 32 }, (_, start) =>
    Array.from({ length: tokens }, (_, at) => WORDS[(start * 7 + at * 5) % WORDS.length]).join(' '),
  )
}

function timed(embedder, texts) {
  const calls = texts[0].length > 300 ? 300 : 2000
  for (let call = 0; call < calls / 4; call++) embedder.embed(texts[call % texts.length])
  const millis = new Float64Array(calls)
  for (let call = 0; call < calls; call++) {
    const began = performance.now()
    embedder.embed(texts[call % texts.length])
    millis[call] = performance.now() - began
  }
  millis.sort()
  const at = (share) => rounded(millis[Math.floor(calls * share)], 2)
  // The least is what the arithmetic takes; the rest is the machine's other work.
  return { leastMs: at(0), p50Ms: at(0.5), p99Ms: at(0.99), calls }
}

async function judged(folder) {
  const judging = JSON.parse(readFileSync(`${folder}/judging.json`, 'utf8'))
  const ours = await encoder()
  const made = judging.texts.map((text) => ours.embed(text))
  const minilm = bytesOf(`${folder}/minilm.f32`)
  const reference = Array.from(
    judging.texts,
    (_, at) => new Float32Array(minilm.buffer, minilm.byteOffset + at * 384 * 4, 384),
  )
  const cosines = made.map((vector, at) => dot(vector, reference[at]))
  const rows = { minilm: separation(judging, reference), encoder: separation(judging, made) }
  if (existsSync(values.static)) {
    const { readStaticModel, StaticEmbedder } = await import(pathToFileURL(BUNDLE).href)
    const table = new StaticEmbedder(await readStaticModel(bytesOf(values.static), sha256, values.static))
    rows.static = separation(
      judging,
      judging.texts.map((text) => table.embed(text)),
    )
  }
  const cosineToMiniLm = rounded(cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length, 4)
  return { texts: judging.texts.length, cosineToMiniLm, ...rows }
}

function dot(left, right) {
  let sum = 0
  for (let at = 0; at < left.length; at++) sum += left[at] * right[at]
  return sum
}

function rounded(number, digits) {
  return Math.round(number * 10 ** digits) / 10 ** digits
}

if (values.child) console.log(JSON.stringify(await measured()))
else await main()
