// `npm run bench:replicas -- --server PATH --weights FILE [--sessions 40] [--turns 4] [--questions 8] [--seconds 200]`: three real servers of a
// small model behind trimtab, and sessions of several turns: what the servers say they had cached, and how long the first token
// took, with the strategy `prefix`, which is the default, and in turn (round robin: the caller names the server). Both in turns
// on the same servers, through one trimtab. No further round begins after `--seconds`.
// Writes replicas.{json,md} into `--out` (bench/results), unless `--quick`. Exit code 1 where a request failed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from './local-tier/machine.mjs'
import { percentile } from './local-tier/percentile.mjs'
import { readPrompts } from './local-tier/prompts.mjs'
import { withServers } from './local-tier/servers.mjs'
import { withTrimtab } from './local-tier/trimtab.mjs'
import { askSessions, makeSessions } from './replicas/sessions.mjs'

const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    weights: { type: 'string' },
    more: { type: 'string', default: '--no-repack --kv-unified --cache-ram 0 --threads 1 --poll 0' },
    sessions: { type: 'string', default: '40' },
    turns: { type: 'string', default: '4' },
    questions: { type: 'string', default: '8' },
    parallel: { type: 'string', default: '4' },
    tokens: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '200' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('./results', import.meta.url)) },
  },
})
const MODEL = 'smollm2-135m-instruct'
const SERVERS = 3
const SLOTS = 16
const STRATEGIES = ['prefix', 'round robin']
/** Sessions of one strategy before the other has its turn. */
const ROUND = 8

async function main() {
  if (values.server === undefined || values.weights === undefined)
    throw new Error('--server and --weights are needed: llama.cpp’s server, and a small model in GGUF.')
  const count = values.quick ? 4 : Number(values.sessions)
  const questions = readPrompts().map(({ text }) => text)
  const sessions = makeSessions(questions, {
    count: 2 * count,
    turns: Number(values.turns),
    questionsATurn: Number(values.questions),
  })
  const settings = {
    server: values.server,
    weights: values.weights,
    slots: SLOTS,
    context: 1024,
    more: values.more.split(' '),
  }
  const answers = await withServers(SERVERS, settings, ({ origins }) =>
    withTrimtab(
      { origins, model: MODEL, maxInFlight: SLOTS, usdPerHour: 1, isAlsoAlone: true },
      ({ origin }) => inTurns(origin, sessions),
    ),
  )
  const results = {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: machine(),
    strategies: {},
  }
  for (const name of STRATEGIES) results.strategies[name] = summary(answers[name])
  process.stdout.write(`${page(results)}\n`)
  if (!values.quick) write(results)
  const failed = STRATEGIES.reduce((sum, name) => sum + results.strategies[name].failed, 0)
  process.exitCode = failed > 0 ? 1 : 0
}

let turn = 0
/** Whom the next request names. */
const NAMED = {
  prefix: () => `local/${MODEL}`,
  'round robin': () => `local${turn++ % SERVERS}/${MODEL}`,
}

/** Each strategy has sessions of its own; who begins a round changes. */
async function inTurns(origin, sessions) {
  const answers = Object.fromEntries(STRATEGIES.map((strategy) => [strategy, []]))
  const startedAt = performance.now()
  for (let at = 0, round = 0; at < sessions.length; at += 2 * ROUND, round++) {
    if (performance.now() - startedAt > Number(values.seconds) * 1000) break
    const order = round % 2 === 0 ? STRATEGIES : [...STRATEGIES].reverse()
    const size = Math.min(ROUND, (sessions.length - at) / 2)
    for (const [place, name] of order.entries()) {
      const own = sessions.slice(at + place * size, at + (place + 1) * size)
      const asked = {
        model: NAMED[name],
        maxTokens: Number(values.tokens),
        parallel: Number(values.parallel),
      }
      const begunAt = performance.now()
      const seen = await askSessions(origin, own, asked)
      answers[name].push(...seen.map((answer) => ({ ...answer, round })))
      const firstMs = percentile(
        seen.map((answer) => answer.firstMs),
        0.5,
      )
      const seconds = Math.round((performance.now() - begunAt) / 1000)
      process.stderr.write(
        `round ${round + 1}, ${name}: ${seconds} s, first token p50 ${Math.round(firstMs)} ms, load ${loadavg()[0].toFixed(1)}\n`,
      )
    }
  }
  return answers
}

/** The first turn is cold for both: the later ones tell. */
function summary(answers) {
  const good = answers.filter(({ ok }) => ok)
  const later = good.filter(({ turn }) => turn > 0)
  const sum = (list, of) => list.reduce((total, answer) => total + of(answer), 0)
  const share = (list) =>
    sum(list, ({ cachedTokens = 0 }) => cachedTokens) / sum(list, ({ inputTokens }) => inputTokens)
  const times = (list, at) =>
    percentile(
      list.map(({ firstMs }) => firstMs),
      at,
    )
  return {
    sessions: answers.filter(({ turn }) => turn === 0).length,
    requests: answers.length,
    failed: answers.length - good.length,
    firstFault: answers.find(({ ok }) => !ok)?.fault,
    inputTokens: sum(good, ({ inputTokens }) => inputTokens),
    cachedTokens: sum(good, ({ cachedTokens = 0 }) => cachedTokens),
    cachedShare: share(good),
    laterCachedShare: share(later),
    firstTokenMs: { p50: times(good, 0.5), p90: times(good, 0.9) },
    laterFirstTokenMs: { p50: times(later, 0.5), p90: times(later, 0.9) },
  }
}

function page({ date, machine: { cpu, node, load }, strategies }) {
  const { prefix, 'round robin': inTurn } = strategies
  const percent = (value) => `${Math.round(100 * value)} %`
  const row = (title, of, shown) =>
    `| ${title} | ${shown(of(prefix))} | ${shown(of(inTurn))} | ${(of(inTurn) / of(prefix)).toFixed(2)}× |`
  const ms = (value) => `${Math.round(value)} ms`
  return [
    '# npm run bench:replicas',
    '',
    `${date}; ${cpu}, Node ${node}, load ${load.toFixed(1)} at the end: three llama.cpp servers (SmolLM2-135M, ${SLOTS} slots each) on it, and trimtab. ${values.parallel} sessions at a time of ${values.turns} turns, both strategies in turns on the same servers. **The machine is shared, and its times are not those of servers of one’s own: compare the ratios.**`,
    '',
    '| | `prefix` | round robin | round robin / prefix |',
    '| --- | --- | --- | --- |',
    row('sessions', ({ sessions }) => sessions, String),
    row('requests', ({ requests }) => requests, String),
    row('input tokens', ({ inputTokens }) => inputTokens, String),
    row('cached, as the servers tell', ({ cachedTokens }) => cachedTokens, String),
    row('of the input', ({ cachedShare }) => cachedShare, percent),
    row('of the input, from the second turn on', ({ laterCachedShare }) => laterCachedShare, percent),
    row('first token p50', ({ firstTokenMs }) => firstTokenMs.p50, ms),
    row('first token p90', ({ firstTokenMs }) => firstTokenMs.p90, ms),
    row('first token p50, from the second turn on', ({ laterFirstTokenMs }) => laterFirstTokenMs.p50, ms),
    row('first token p90, from the second turn on', ({ laterFirstTokenMs }) => laterFirstTokenMs.p90, ms),
    '',
  ].join('\n')
}

function write(results) {
  mkdirSync(values.out, { recursive: true })
  writeFileSync(join(values.out, 'replicas.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(values.out, 'replicas.md'), page(results))
}

await main().catch((error) => {
  process.stderr.write(`${error.stack ?? error}\n`)
  process.exitCode = 2
})
