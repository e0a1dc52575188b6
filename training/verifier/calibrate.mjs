// `node training/verifier/calibrate.mjs --data FOLDER`: writes src/cache/semantic/calibrations.ts from the licensed
// sets alone (advising, BANKING77, CLINC150, WikiSQL's tables). What it makes is described in models/verifier/README.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { calibrated, samplesOf } from '../../bench/cache/calibrate.mjs'
import { loadEncoder, loadStatic } from '../../bench/cache/embedders.mjs'
import { loadSemantic } from '../../bench/cache/semantic.mjs'
import { isLicensed, SET_NAMES } from '../../bench/cache/streams.mjs'
import { prepare, traffic } from '../../bench/cache/traffic.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' } } })
if (values.data === undefined) {
  console.error('Name the folder that holds the questions: --data FOLDER')
  process.exit(1)
}
const SPLIT_SEED = 1
const target = fileURLToPath(new URL('../../src/cache/semantic/calibrations.ts', import.meta.url))

const semantic = await loadSemantic()
const embedders = { instant: await loadStatic(), encoder: await loadEncoder() }
const sets = SET_NAMES.filter(isLicensed).map((name) => prepare(name, values.data, semantic, embedders))
const made = { minilm: fitted('minilm'), 'encoder-384': fitted('encoder'), 'static-256': fitted('static') }
const written = readFileSync(target, 'utf8').replace(
  /(?<=CALIBRATIONS[^=]*= )\{[\s\S]*?\n?\}(?=\n\n)/,
  `{\n${Object.entries(made)
    .map(([family, one]) => `  '${family}': ${literal(one)},\n`)
    .join('')}}`,
)
writeFileSync(target, written)
console.log(made)

function fitted(embedding) {
  return calibrated(
    Object.fromEntries(
      sets.map((set) => [set.name, samplesOf(traffic(set, SPLIT_SEED, semantic, embedding), semantic)]),
    ),
  )
}

function literal({ base, distance, curve }) {
  const inner = Object.entries(curve)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')
  return `{ base: ${base}, distance: ${distance}, curve: { ${inner} } }`
}
