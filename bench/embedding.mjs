// `npm run bench:embedding [-- --reference FILE]`: time of the static embedder by length of the text, its load time and
// memory, and how often its WordPiece equals the reference, on the fixture's texts and on FILE's, which
// `python training/static/word_piece_reference.py --data FOLDER --out FILE` writes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { MACHINE } from './processes.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({ options: { reference: { type: 'string' }, child: { type: 'boolean' } } })
const MODEL = path('../models/static/static.bin')
const FIXTURE = path('../test/fixtures/embedding/word-piece.json')
const CALLS = 20_000
const WARM_UP = 5_000
const bundle = path('./.cache/embedding/static-embedder.mjs')

/** Sentences of an application's users; texts are cut from them at a number of tokens. */
const SENTENCES = [
  'How do I change the delivery address of an order that has not been shipped yet?',
  'My invoice of March 2026 shows VAT twice; could you please send a corrected one?',
  'The app doesn\'t open since the last update on my Pixel 9, it says "error 0x80070057".',
  'What is the difference between the standard and the premium subscription plans?',
  'Is it possible to cancel a booking within 24 hours without losing the deposit?',
  'Explain photosynthesis to a ten-year-old, with an example from an ordinary garden.',
  'Why was the Château closed on Thursday although the website said it would be open?',
  'Please summarise the attached meeting notes and list who has to do what by when.',
]

async function main() {
  await bundled()
  // In a process of its own: memory and load time are those of a program that has nothing else.
  const child = spawnSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), '--child'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const figures = JSON.parse(child.stdout)
  const { WordPiece, vocabulary } = await loaded()
  const wordPiece = new WordPiece(vocabulary)
  const parity = [compared('fixture', JSON.parse(readFileSync(FIXTURE, 'utf8')), wordPiece)]
  if (values.reference) {
    const lines = readFileSync(values.reference, 'utf8').trimEnd().split('\n')
    parity.push(
      compared(
        'data folder',
        lines.map((line) => JSON.parse(line)),
        wordPiece,
      ),
    )
  }
  const result = {
    date: new Date().toISOString(),
    machine: MACHINE,
    loadAverage: loadavg()[0],
    ...figures,
    parity,
  }
  mkdirSync(path('./results'), { recursive: true })
  writeFileSync(path('./results/embedding.json'), `${JSON.stringify(result, null, 2)}\n`)
  print(result)
}

async function bundled() {
  mkdirSync(path('./.cache/embedding'), { recursive: true })
  const contents = `export { StaticEmbedder } from './static-embedder.ts'
    export { readStaticModel } from './static-model.ts'
    export { WordPiece } from './word-piece.ts'`
  const stdin = { contents, resolveDir: path('../src/embedding'), loader: 'ts' }
  await build({ stdin, outfile: bundle, bundle: true, format: 'esm', target: 'node20', logLevel: 'warning' })
}

async function loaded() {
  const { readStaticModel, StaticEmbedder, WordPiece } = await import(pathToFileURL(bundle).href)
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
  const model = await readStaticModel(readFileSync(MODEL), sha256, MODEL)
  return { embedder: new StaticEmbedder(model), WordPiece, vocabulary: model.vocabulary }
}

async function measured() {
  globalThis.gc()
  const before = process.memoryUsage().rss
  const began = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  const { embedder, WordPiece, vocabulary } = await loaded()
  embedder.embed('first')
  const loadMs = Number(process.hrtime.bigint() - began) / 1e6
  const { user, system } = process.cpuUsage(cpu)
  globalThis.gc()
  const rss = process.memoryUsage().rss
  const times = cases(new WordPiece(vocabulary)).map(({ name, texts }) => ({
    name,
    ...timed(embedder, texts),
  }))
  const mebibytes = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10
  return {
    id: embedder.id,
    loadMs: Math.round(loadMs * 10) / 10,
    loadCpuMs: Math.round((user + system) / 100) / 10,
    rssMiB: mebibytes(rss),
    addedMiB: mebibytes(rss - before),
    garbageBytesPerCall: garbage(embedder),
    times,
  }
}

/** Sixty-four different texts of each length, so that no answer comes from the processor's nearest memory alone. */
function cases(wordPiece) {
  const ids = new Int32Array(4096)
  const tokens = (text) => wordPiece.encode(text, ids)
  const words = (start) =>
    Array.from({ length: 3000 }, (_, at) => WORDS[(start * 37 + at * 11) % WORDS.length])
  const ofTokens = (count) =>
    Array.from({ length: 64 }, (_, start) => {
      const chosen = []
      for (const word of words(start)) {
        if (tokens([...chosen, word].join(' ')) > count) break
        chosen.push(word)
      }
      return chosen.join(' ')
    })
  const long = Array.from({ length: 64 }, (_, start) => words(start).join(' ').slice(0, 8000))
  return [
    { name: '20 tokens', texts: ofTokens(20) },
    { name: '100 tokens', texts: ofTokens(100) },
    { name: '200 tokens', texts: ofTokens(200) },
    { name: `8,000 characters (${tokens(long[0])} tokens)`, texts: long },
  ]
}

const WORDS = SENTENCES.join(' ').split(' ')

function timed(embedder, texts) {
  const calls = texts[0].length > 4000 ? CALLS / 20 : CALLS
  for (let call = 0; call < Math.min(WARM_UP, calls); call++) embedder.embed(texts[call % texts.length])
  const micros = new Float64Array(calls)
  for (let call = 0; call < calls; call++) {
    const began = process.hrtime.bigint()
    embedder.embed(texts[call % texts.length])
    micros[call] = Number(process.hrtime.bigint() - began) / 1000
  }
  micros.sort()
  const at = (share) => Math.round(micros[Math.floor(calls * share)] * 10) / 10
  return { p50Micros: at(0.5), p90Micros: at(0.9), p99Micros: at(0.99), calls }
}

/** Bytes of JavaScript's heap a call, the vector's own object included. */
function garbage(embedder) {
  const texts = SENTENCES.slice(0, 6)
  for (let call = 0; call < WARM_UP; call++) embedder.embed(texts[call % texts.length])
  globalThis.gc()
  const before = process.memoryUsage()
  const calls = 1000
  for (let call = 0; call < calls; call++) embedder.embed(texts[call % texts.length])
  return Math.round((process.memoryUsage().heapUsed - before.heapUsed) / calls)
}

function compared(name, pairs, wordPiece) {
  const ids = new Int32Array(4096)
  const different = pairs.filter(
    ([text, expected]) => ids.subarray(0, wordPiece.encode(text, ids)).join() !== expected.join(),
  )
  for (const [text] of different.slice(0, 10))
    console.error(`${name} differs: ${JSON.stringify(text.slice(0, 200))}`)
  return { name, texts: pairs.length, equal: pairs.length - different.length }
}

function print({
  date,
  machine,
  id,
  loadMs,
  loadCpuMs,
  loadAverage,
  rssMiB,
  addedMiB,
  garbageBytesPerCall,
  times,
  parity,
}) {
  console.log(`${date}, ${machine}, load average ${loadAverage}\n${id}`)
  for (const { name, p50Micros, p90Micros, p99Micros } of times)
    console.log(`${name}: p50 ${p50Micros} µs, p90 ${p90Micros} µs, p99 ${p99Micros} µs`)
  console.log(
    `load ${loadMs} ms (${loadCpuMs} ms of CPU); memory +${addedMiB} MiB (process ${rssMiB} MiB); heap ${garbageBytesPerCall} bytes a call`,
  )
  for (const { name, texts, equal } of parity) {
    console.log(
      `WordPiece equals the reference on ${equal} of ${texts} texts (${name}, ${((100 * equal) / texts).toFixed(3)} %)`,
    )
  }
}

if (values.child) console.log(JSON.stringify(await measured()))
else await main()
