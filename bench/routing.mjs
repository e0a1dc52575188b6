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

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string', default: 'bench/results' },
    // For instance `facts,micros`: the others stay as they were measured, with their own date.
    sections: { type: 'string' },
  },
})
if (values.data === undefined) throw new Error('Say where the data is: --data FOLDER.')
const MODEL = fileURLToPath(new URL('../models/router/router.bin', import.meta.url))
const CALLS = 4000
const WARM_UP = 2000

const code = await programCode('routing/hashed-features.ts', 'hashed-features')
const { Prior } = await programCode('routing/prior.ts', 'prior')
const { readDifficultyModel } = await programCode('routing/difficulty-model.ts', 'difficulty-model')

const loadStart = performance.now()
const bytes = Uint8Array.from(readFileSync(MODEL))
const model = await readDifficultyModel(
  bytes,
  (content) => createHash('sha256').update(content).digest('hex'),
  MODEL,
)
const prior = new Prior(model)
prior.classify('a first question').difficulty
const loadMs = performance.now() - loadStart

const first = mmlu(values.data)
const second = mmluPro(values.data, first)
const classify = (text) => prior.classify(text)
const SECTIONS = {
  // First, as a program that serves trains no such thing: after `inDomain` and `across` in one process the 99th percentile of
  // 8,192 characters was 1.2 and 1.3 ms in two runs, in a process of its own 0.6 to 0.75 in seven.
  micros: () => ({ 466: timed(466), 8192: timed(8192) }),
  across: () => across({ mmlu: first, mmluPro: second, others: others(values.data), code }),
  inDomain: () => inDomain(first, code),
  paraphrases: () => paraphrases(),
  facts: () => readFacts(values.data, classify),
  artefact: () => ({ bytes: statSync(MODEL).size, loadMs }),
}

const path = `${values.out}/routing.json`
const result = values.sections === undefined ? {} : JSON.parse(readFileSync(path, 'utf8'))
Object.assign(result, { machine: MACHINE, questions: { mmlu: first.length, mmluPro: second.length } })
for (const name of values.sections?.split(',') ?? Object.keys(SECTIONS)) {
  result[name] = SECTIONS[name]()
  result.measured = { ...result.measured, [name]: { date: new Date().toISOString(), load: loadavg()[0] } }
  // What took long is kept, should what follows be cut off.
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
}
if (Object.keys(SECTIONS).every((name) => name in result)) {
  writeFileSync(`${values.out}/routing.md`, markdown(result))
  console.log(markdown(result))
}

function paraphrases() {
  const pairs = rows(values.data, 'cache/disfl_qa_train').slice(0, 3000)
  return {
    ...flips(second, (text) => classify(text).difficulty),
    disfluent: {
      count: pairs.length,
      ...factFlips(pairs, (text) => {
        const { task, timeDependent, difficulty } = classify(text)
        return { task, moment: timeDependent, difficulty: difficulty === 'unknown' }
      }),
    },
  }
}

/** All facts of a text, as a policy would ask them, on texts cut from real questions. CPU time: others use the machine as well. */
function timed(characters) {
  const all = first.map(({ text }) => text).join('\n\n')
  const micros = []
  for (let call = 0; call < WARM_UP + CALLS; call++) {
    const begin = (call * 97) % (all.length - characters)
    const text = all.slice(begin, begin + characters)
    const before = process.cpuUsage()
    const { task, language, code: hasCode, timeDependent, difficulty } = classify(text)
    const { user, system } = process.cpuUsage(before)
    const spent = user + system
    if (call >= WARM_UP && [task, language, hasCode, timeDependent, difficulty].length === 5)
      micros.push(spent)
  }
  micros.sort((left, right) => left - right)
  return { p50: micros[Math.floor(0.5 * CALLS)], p99: micros[Math.floor(0.99 * CALLS)] }
}
