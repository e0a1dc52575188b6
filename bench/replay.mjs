// `npm run bench:replay [-- --requests N --sent N --seeds N]`: how long a replay of 100,000 recorded requests takes, and
// how near its forecast comes to what the same traffic then costs. Traffic is sent under policy A, replayed under policy
// B, and really sent again under B, through the program, to mock providers whose lengths and failures are drawn from a
// seed, another one each time. Figures go to bench/results/replay.{json,md}.
import { once } from 'node:events'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundled } from './bundled.mjs'
import { MACHINE, startNode, stopAll } from './processes.mjs'
import { forecastRun } from './replay/forecast-run.mjs'
import { replayMarkdown } from './replay/report.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    sent: { type: 'string', default: '8000' },
    seeds: { type: 'string', default: '3' },
  },
})
const GOAL_MS = 10_000
const GOAL_ERROR = 0.05
const CORE = 1
const folder = path('./.cache/replay')
const CONFIG = `
providers:
  near: { dialect: openai, base_url: "http://127.0.0.1:9/v1", api_key: k, models: { small: {} } }
  far: { dialect: openai, base_url: "http://127.0.0.1:9/v1", api_key: k, models: { large: {} } }
prices:
  overrides:
    near/small: { input: 0.1, output: 0.4 }
    far/large: { input: 1.25, output: 10 }
`
/** More of the short ones to the small model, and no answer longer than 400 tokens. */
const CANDIDATE = `
tiers: { small: { use: near/small }, large: { use: far/large } }
route:
  - { name: tools, when: { tools: on }, to: large }
  - { name: short, when: { tokens: { below: 1000 } }, to: [small, large], output: { max_tokens: 400 } }
  - { name: rest, to: [large, small] }
`

async function main() {
  rmSync(folder, { recursive: true, force: true })
  const speed = await timeReplay()
  const runs = []
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const run = await forecastRun({ folder: `${folder}/sent-${seed}`, seed, requests: Number(values.sent) })
    runs.push(run)
    tell(
      `seed ${seed}: was $${run.before.toFixed(4)} under A, forecast $${run.forecast.toFixed(4)}, real $${run.real.toFixed(4)} under B: ${(100 * run.error).toFixed(2)} % off`,
    )
  }
  const figures = { date: new Date().toISOString(), machine: MACHINE, speed, runs }
  mkdirSync(path('./results'), { recursive: true })
  writeFileSync(path('./results/replay.json'), `${JSON.stringify(figures, null, 2)}\n`)
  writeFileSync(path('./results/replay.md'), replayMarkdown(figures))
  rmSync(folder, { recursive: true, force: true })
  const slow = speed.slowestMs > GOAL_MS
  const off = runs.filter(({ error }) => Math.abs(error) > GOAL_ERROR)
  if (slow || off.length > 0) process.exitCode = 1
  tell(slow ? `slower than ${GOAL_MS} ms` : `each replay within ${GOAL_MS} ms`)
  tell(
    off.length > 0
      ? `${off.length} forecasts more than 5 % off`
      : 'each forecast within 5 % of the real cost',
  )
}

async function timeReplay() {
  mkdirSync(`${folder}/data`, { recursive: true })
  mkdirSync(`${folder}/candidate`)
  writeFileSync(`${folder}/trimtab.yaml`, CONFIG)
  writeFileSync(`${folder}/candidate/default.yaml`, `workflow: default\n${CANDIDATE}`)
  const file = `${folder}/data/ledger.db`
  const writer = await bundled('replay/write-ledger.mjs')
  await ended([writer, file, path('../migrations'), values.requests, String(Date.now())])
  const fileMb = Math.round(statSync(file).size / 2 ** 20)
  const times = []
  let told
  for (let run = 0; run < 3; run++) {
    const startedAt = performance.now()
    const args = ['--since', '8d', '--config', `${folder}/trimtab.yaml`, '--data', `${folder}/data`, '--json']
    const text = await ended([path('../dist/cli.js'), 'replay', '--policies', `${folder}/candidate`, ...args])
    times.push(Math.round(performance.now() - startedAt))
    told = JSON.parse(text)
  }
  times.sort((one, other) => one - other)
  const { requests, decided, changed } = told
  tell(
    `${requests} requests (${fileMb} MiB), ${decided} decided again, ${changed} changed: ${times.join(', ')} ms`,
  )
  return {
    requests,
    decided,
    changed,
    fileMb,
    medianMs: times[1],
    slowestMs: times[2],
    load: Number(loadavg()[0].toFixed(1)),
  }
}

async function ended(args) {
  const child = startNode(args, CORE, ['ignore', 'pipe', 'inherit'])
  let text = ''
  child.stdout.on('data', (bytes) => {
    text += bytes
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}: ${text}`)
  return text
}

function tell(line) {
  process.stdout.write(`${line}\n`)
}

try {
  await main()
} finally {
  await stopAll()
}
