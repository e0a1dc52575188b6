// `npm run bench:local-tier [-- --server PATH --weights FILE] [--data FOLDER] [--quick] …`: a small model on this machine
// behind trimtab: how fast one server and several replicas of it answer, what trimtab adds, what a million tokens
// cost at full, half and a tenth of the load, and how many prompts are handed on to the next tier.
// Writes local-tier.{json,md} into `--out` (bench/results), unless it is quick. Exit code 1 where a request failed or
// trimtab's ledger does not hold what was asked.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { escalationRate } from './local-tier/escalation.mjs'
import { graphicsCards, machine } from './local-tier/machine.mjs'
import { page } from './local-tier/page.mjs'
import { priceByLoad } from './local-tier/price.mjs'
import { residentMegabytes } from './local-tier/processes.mjs'
import { readPrompts } from './local-tier/prompts.mjs'
import { startServers } from './local-tier/servers.mjs'
import { addedLatency, speedAt } from './local-tier/speed.mjs'
import { startTrimtab } from './local-tier/trimtab.mjs'

const EXAMPLE_MODEL = 'smollm2-135m-instruct'
const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    weights: { type: 'string' },
    model: { type: 'string', default: EXAMPLE_MODEL },
    title: { type: 'string' },
    // Further arguments of llama.cpp's server, separated by spaces.
    more: { type: 'string', default: '' },
    data: { type: 'string' },
    policy: { type: 'string' },
    replicas: { type: 'string' },
    parallel: { type: 'string' },
    slots: { type: 'string', default: '16' },
    tokens: { type: 'string' },
    seconds: { type: 'string' },
    pairs: { type: 'string' },
    prompts: { type: 'string' },
    'usd-per-hour': { type: 'string', default: '3.50' },
    out: { type: 'string', default: fileURLToPath(new URL('./results', import.meta.url)) },
    render: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const quick = values.quick
const numbers = (text, otherwise) => (text === undefined ? otherwise : text.split(',').map(Number))
const number = (text, otherwise) => (text === undefined ? otherwise : Number(text))
const replicas = numbers(values.replicas, quick ? [1, 2] : [1, 4])
const levels = numbers(values.parallel, quick ? [1, 2] : [1, 8, 16, 64])
const slots = number(values.slots)
const settings = {
  quick,
  model: values.model,
  modelTitle: values.title ?? values.model,
  serverTitle:
    values.server === undefined ? 'the example’s engine, one answer at a time' : 'llama.cpp’s server',
  slots,
  maxTokens: number(values.tokens, quick ? 8 : 128),
  // The example knows no way to make a model go on after its end.
  forced: values.server === undefined ? undefined : { ignore_eos: true },
  seconds: number(values.seconds, quick ? 2 : 10),
  pairs: number(values.pairs, quick ? 3 : 60),
  prompts: number(values.prompts, quick ? 4 : 400),
  usdPerHour: Number(values['usd-per-hour']),
  command: ['npm run bench:local-tier --', ...asked()].join(' '),
}

async function main() {
  if (values.render !== undefined) return write(JSON.parse(readFileSync(values.render, 'utf8')))
  const prompts = readPrompts(values.data)
  const questions = inTurn(prompts.filter(({ kind }) => kind !== 'arena_hard').map(({ text }) => text))
  const results = {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: machine(),
    settings,
    notes: [],
    runs: [],
  }
  for (const count of replicas) {
    tell(`${count === 1 ? 'One server' : `${count} servers`} of ${settings.modelTitle} …`)
    results.runs.push(await measureServers(count, { questions, prompts, results }))
    // What is known so far outlasts a machine that is taken back.
    if (!quick) write(results)
  }
  tell(page(results))
  const faults = faultsOf(results)
  for (const fault of faults) tell(`FAULT: ${fault}`)
  process.exitCode = faults.length > 0 ? 1 : 0
}

async function measureServers(count, { questions, prompts, results }) {
  const isLast = count === replicas.at(-1)
  const servers = await startServers(count, {
    server: values.server,
    weights: values.weights,
    // One server has as many slots as all replicas together, so that it may do its best.
    slots: count === 1 ? Math.max(slots, ...levels) : slots,
    context: 1024,
    more: values.more.split(' ').filter(Boolean),
  })
  try {
    const maxInFlight = values.server === undefined ? 1 : slots
    const usdPerHour = settings.usdPerHour / count
    const tier = { origins: servers.origins, model: values.model, maxInFlight, usdPerHour }
    const told = { ...settings, parallel: Math.max(...levels) }
    const run = { replicas: count, title: titleOf(count, maxInFlight), readyMs: servers.readyMs }
    run.direct = count === 1 ? await speedAt(levels, servers.origins[0], questions, told) : []
    Object.assign(run, await throughTrimtab(tier, servers, questions, told))
    run.residentMb = residentMegabytes(servers.pids)
    run.gpuMemoryMb = graphicsCards()[0]?.memoryUsedMb
    const clients = Math.min(Math.max(...levels), maxInFlight * count)
    const shares = quick ? [1, 0.5] : [1, 0.5, 0.1]
    const seconds = quick ? 2 : settings.seconds * 2
    run.price = await priceByLoad(tier, questions, { ...told, seconds, clients, shares })
    if (isLast)
      results.escalation = await escalationRate(tier, prompts, {
        model: values.model,
        count: settings.prompts,
        maxTokens: quick ? 8 : 200,
        parallel: clients,
        policyFile: values.policy,
      })
    return run
  } finally {
    await servers.stop()
  }
}

async function throughTrimtab(tier, servers, questions, told) {
  const trimtab = await startTrimtab(tier)
  try {
    const through = await speedAt(levels, trimtab.origin, questions, told)
    const isOne = servers.origins.length === 1
    const added = isOne
      ? await addedLatency(servers.origins[0], trimtab.origin, questions, {
          ...told,
          maxTokens: Math.min(16, told.maxTokens),
        })
      : undefined
    return { through, added }
  } finally {
    await trimtab.stop()
  }
}

function titleOf(count, maxInFlight) {
  const what = count === 1 ? 'One server' : `${count} servers on the same machine, as replicas`
  return `${what}; max_in_flight ${maxInFlight}`
}

function faultsOf({ runs }) {
  return runs.flatMap(({ title, direct, through, price }) => [
    ...[...direct, ...through].flatMap(({ parallel, failed, firstFault }) =>
      failed > 0 ? [`${title}, ${parallel} in parallel: ${failed} requests failed (${firstFault})`] : [],
    ),
    ...price.flatMap(({ share, errors, outputTokens }) =>
      errors > 0 || outputTokens === 0
        ? [`${title}, at ${share * 100} %: the ledger has ${errors} errors and ${outputTokens} output tokens`]
        : [],
    ),
  ])
}

function write(results) {
  mkdirSync(values.out, { recursive: true })
  writeFileSync(join(values.out, 'local-tier.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(values.out, 'local-tier.md'), page(results))
}

/** The options that were given, files by their names alone. */
function asked() {
  return Object.entries(values).flatMap(([name, value]) => {
    if (!process.argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))) return []
    if (name === 'out' || name === 'render') return []
    if (value === true) return [`--${name}`]
    const shown = ['server', 'weights', 'data', 'policy'].includes(name) ? basename(value) : value
    return [
      /^[\w./,-]+$/.test(shown) && !shown.startsWith('-') ? `--${name} ${shown}` : `--${name}='${shown}'`,
    ]
  })
}

/** Each text once, then from the start again. */
function inTurn(texts) {
  let next = 0
  return () => texts[next++ % texts.length]
}

function tell(text) {
  process.stdout.write(`${text}\n`)
}

await main().catch((error) => {
  process.stderr.write(`${error.stack ?? error}\n`)
  process.exitCode = 2
})
