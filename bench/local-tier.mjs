// `npm run bench:local-tier [-- --server PATH --weights FILE] [--data FOLDER] [--quick] …`: a small model on this machine
// behind trimtab: what a crowd leaves behind in its server, how fast one server and several replicas of it answer, with
// trimtab and without in turns, what a million tokens cost at full, half and a tenth of the load, and how many prompts
// are handed on to the next tier. Each figure is of servers started for it.
// Writes local-tier.{json,md} into `--out` (bench/results), unless it is quick. Exit code 1 where a request failed or
// trimtab's ledger does not hold what was asked.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ageing } from './local-tier/ageing.mjs'
import { escalationRate } from './local-tier/escalation.mjs'
import { graphicsCards, machine } from './local-tier/machine.mjs'
import { asked, values } from './local-tier/options.mjs'
import { page } from './local-tier/page.mjs'
import { priceByLoad } from './local-tier/price.mjs'
import { residentMegabytes } from './local-tier/processes.mjs'
import { readPrompts } from './local-tier/prompts.mjs'
import { withServers } from './local-tier/servers.mjs'
import { addedLatency, speedInTurns } from './local-tier/speed.mjs'
import { withTrimtab } from './local-tier/trimtab.mjs'

const quick = values.quick
const numbers = (text, otherwise) => (text === undefined ? otherwise : text.split(',').map(Number))
const number = (text, otherwise) => (text === undefined ? otherwise : Number(text))
const replicas = numbers(values.replicas, quick ? [1, 2] : [1, 4])
const levels = numbers(values.parallel, quick ? [1, 2] : [1, 8, 16, 64])
const most = Math.max(...levels)
const slots = number(values.slots)
const parts = values.parts.split(',')
const settings = {
  quick,
  model: values.model,
  modelTitle: values.title ?? values.model,
  serverTitle:
    values.server === undefined ? 'the example’s engine, one answer at a time' : 'llama.cpp’s server',
  slots,
  tuning: values.tuning,
  rounds: number(values.rounds, quick ? 2 : 3),
  maxTokens: number(values.tokens, quick ? 8 : 128),
  // The example knows no way to make a model go on after its end.
  forced: values.server === undefined ? undefined : { ignore_eos: true },
  seconds: number(values.seconds, quick ? 2 : 3),
  pairs: number(values.pairs, quick ? 3 : 60),
  prompts: number(values.prompts, quick ? 4 : 400),
  usdPerHour: Number(values['usd-per-hour']),
  command: ['npm run bench:local-tier --', ...asked].join(' '),
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
  if (parts.includes('ageing') && values.server !== undefined) {
    tell('What a crowd leaves behind in a server …')
    results.ageing = await measureAgeing(questions)
    keep(results)
  }
  for (const count of parts.includes('speed') ? replicas : []) {
    tell(`${count === 1 ? 'One server' : `${count} servers`} of ${settings.modelTitle} …`)
    results.runs.push(await measureServers(count, questions))
    keep(results)
  }
  if (parts.includes('escalation')) {
    tell('Escalation …')
    results.escalation = await measureEscalation(replicas.at(-1), prompts)
    keep(results)
  }
  tell(page(results))
  const faults = faultsOf(results)
  for (const fault of faults) tell(`FAULT: ${fault}`)
  process.exitCode = faults.length > 0 ? 1 : 0
}

/** What is known so far outlasts a machine that is taken back. */
function keep(results) {
  if (!quick) write(results)
}

function measureAgeing(questions) {
  const variants = [...new Set(['', ...values.variants.split('|'), values.tuning])]
  const few = levels[1] ?? levels[0]
  return ageing(variants, serverOf(1, []), questions, { ...settings, few, many: most })
}

async function measureServers(count, questions) {
  const run = { replicas: count, title: titleOf(count, maxInFlightOf(count)), levels: [] }
  for (const parallel of levels) {
    const line = await withTier(count, async ({ trimtab, servers }) => {
      const ways = { straight: inTurn(servers.origins), through: () => trimtab.origin }
      const speed = await speedInTurns(parallel, ways, questions, settings)
      run.readyMs = servers.readyMs
      run.residentMb = residentMegabytes(servers.pids)
      run.gpuMemoryMb = graphicsCards()[0]?.memoryUsedMb
      if (count === 1 && parallel === 1)
        run.added = await addedLatency(servers.origins[0], trimtab.origin, questions, {
          ...settings,
          maxTokens: Math.min(16, settings.maxTokens),
        })
      return speed
    })
    run.levels.push(line)
  }
  run.price = await priceByLoad((work) => withTier(count, work), questions, {
    ...settings,
    seconds: settings.seconds * (quick ? 1 : 5),
    clients: Math.min(most, maxInFlightOf(count) * count),
    shares: quick ? [1, 0.5] : [1, 0.5, 0.1],
  })
  return run
}

function measureEscalation(count, prompts) {
  return withServers(count, serverOf(count), ({ origins }) =>
    escalationRate(tierOf(count, origins), prompts, {
      model: values.model,
      count: settings.prompts,
      maxTokens: quick ? 8 : 200,
      parallel: Math.min(most, maxInFlightOf(count) * count),
      policyFile: values.policy,
    }),
  )
}

/** Fresh servers with a fresh trimtab before them: `work({ tier, trimtab, servers })`. */
function withTier(count, work) {
  return withServers(count, serverOf(count), (servers) => {
    const tier = tierOf(count, servers.origins)
    return withTrimtab(tier, (trimtab) => work({ tier, trimtab, servers }))
  })
}

function tierOf(count, origins) {
  return {
    origins,
    model: values.model,
    maxInFlight: maxInFlightOf(count),
    usdPerHour: settings.usdPerHour / count,
  }
}

function serverOf(count, tuning = words(values.tuning)) {
  return {
    server: values.server,
    weights: values.weights,
    slots: slotsOf(count),
    context: 1024,
    more: [...words(values.more), ...tuning],
  }
}

/** One server has as many slots as all replicas together, so that it may do its best. */
function slotsOf(count) {
  return count === 1 ? Math.max(slots, most) : slots
}

/** The example answers one at a time. */
function maxInFlightOf(count) {
  return values.server === undefined ? 1 : slotsOf(count)
}

function titleOf(count, maxInFlight) {
  const what = count === 1 ? 'One server' : `${count} servers on the same machine, as replicas`
  return `${what}; max_in_flight ${maxInFlight}`
}

function faultsOf({ runs }) {
  return runs.flatMap(({ title, levels: lines, price }) => [
    ...lines.flatMap(({ parallel, straight, through }) =>
      [straight, through].flatMap(({ failed, firstFault }) =>
        failed > 0 ? [`${title}, ${parallel} in parallel: ${failed} requests failed (${firstFault})`] : [],
      ),
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

/** Each text once, then from the start again. */
function inTurn(texts) {
  let next = 0
  return () => texts[next++ % texts.length]
}

function words(text) {
  return text.split(' ').filter(Boolean)
}

function tell(text) {
  process.stdout.write(`${text}\n`)
}

await main().catch((error) => {
  process.stderr.write(`${error.stack ?? error}\n`)
  process.exitCode = 2
})
