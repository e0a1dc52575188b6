// `npm run bench:routing -- --data FOLDER`: how well requests are told apart that a small model can answer, beside simpler ways;
// what decides one benchmark's questions after learning on another's; how often another wording is decided otherwise; how long it takes.
import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { programCode } from '../training/router/ridge.mjs'
import { mmlu, mmluPro, others, rows } from '../training/router/texts.mjs'
import { MACHINE } from './processes.mjs'
import { across } from './routing/across.mjs'
import { readFacts } from './routing/facts.mjs'
import { inDomain } from './routing/in-domain.mjs'
import { factFlips, flips } from './routing/paraphrases.mjs'
import { markdown } from './routing/report.mjs'

const { values } = parseArgs({ options: { data: { type: 'string' }, out: { type: 'string', default: 'bench/results' } } })
if (values.data === undefined) throw new Error('Say where the data is: --data FOLDER.')
const MODEL = fileURLToPath(new URL('../models/router/router.bin', import.meta.url))
const CALLS = 4000
const WARM_UP = 2000

const code = await programCode('routing/hashed-features.ts', 'hashed-features')
const { Prior } = await programCode('routing/prior.ts', 'prior')
const { readDifficultyModel } = await programCode('routing/difficulty-model.ts', 'difficulty-model')

const loadStart = performance.now()
const bytes = Uint8Array.from(readFileSync(MODEL))
const model = await readDifficultyModel(bytes, (content) => createHash('sha256').update(content).digest('hex'), MODEL)
const prior = new Prior(model)
prior.classify('a first question').difficulty
const loadMs = performance.now() - loadStart

const first = mmlu(values.data)
const second = mmluPro(values.data, first)
const pairs = rows(values.data, 'cache/disfl_qa_train').slice(0, 3000)
const classify = (text) => prior.classify(text)
const crossed = across({ mmlu: first, mmluPro: second, others: others(values.data), code })
const result = {
  date: new Date().toISOString(),
  machine: MACHINE,
  loadAverage: loadavg()[0],
  questions: { mmlu: first.length, mmluPro: second.length },
  inDomain: inDomain(first, code),
  across: crossed.rows,
  paraphrases: {
    ...flips(second, (text) => classify(text).difficulty),
    disfluent: {
      count: pairs.length,
      task: factFlips(pairs, (text) => classify(text).task),
      moment: factFlips(pairs, (text) => classify(text).timeDependent),
      difficulty: factFlips(pairs, (text) => classify(text).difficulty === 'unknown'),
    },
  },
  facts: readFacts(values.data, classify),
  micros: { 466: timed(466), 8192: timed(8192) },
  artefact: { bytes: statSync(MODEL).size, loadMs },
}
writeFileSync(`${values.out}/routing.json`, `${JSON.stringify(result, null, 2)}\n`)
writeFileSync(`${values.out}/routing.md`, markdown(result))
console.log(markdown(result))

/** All facts of a text, as a policy would ask them, on texts cut from real questions. */
function timed(characters) {
  const all = first.map(({ text }) => text).join('\n\n')
  const micros = []
  for (let call = 0; call < WARM_UP + CALLS; call++) {
    const begin = (call * 97) % (all.length - characters)
    const text = all.slice(begin, begin + characters)
    const startedAt = process.hrtime.bigint()
    const { task, language, code: hasCode, timeDependent, difficulty } = classify(text)
    const spent = Number(process.hrtime.bigint() - startedAt) / 1000
    if (call >= WARM_UP && [task, language, hasCode, timeDependent, difficulty].length === 5) micros.push(spent)
  }
  micros.sort((left, right) => left - right)
  return { p50: micros[Math.floor(0.5 * CALLS)], p99: micros[Math.floor(0.99 * CALLS)] }
}
