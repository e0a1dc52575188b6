// `npm run bench [-- --quick] [--rounds N] [--gateways bare,trimtab,portkey,power] [--only forward,stream,latency]`:
// trimtab beside a bare pass-through and Portkey's gateway, in front of one mock, in interleaved rounds.
// Writes bench/results/path.{json,md}, unless it is quick or only a part.
// Exit code 1 where an answer was wrong or the ledger's rows don't equal the requests sent.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { GATEWAYS, USUAL_GATEWAYS } from './gateways.mjs'
import { measure, measureDirect, startUntilAnswer } from './measure.mjs'
import {
  LOAD_CORE,
  MACHINE,
  pinned,
  printed,
  residentMegabytes,
  startNode,
  stop,
  stopAll,
} from './processes.mjs'
import { markdown, overBudget, summarise } from './results.mjs'
import { warmUpOf, workloads } from './workloads.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    gateways: { type: 'string', default: USUAL_GATEWAYS },
  },
})
const quick = values.quick
const rounds = Number(values.rounds ?? (quick ? 1 : 3))
const wanted = values.only?.split(',')
// Whatever else runs on the machine takes caches and turns: a reader has to know.
const busyBefore = loadavg()[0].toFixed(1)
const faults = []
const samples = {}
const sentInAll = {}

async function main() {
  const mock = startNode([path('./mock.mjs')], LOAD_CORE, ['pipe', 'pipe', 'inherit'])
  const provider = (await printed(mock, /listening on (\S+)/))[1]
  const loader = startNode([path('./load.mjs')], LOAD_CORE, ['ignore', 'inherit', 'inherit', 'ipc'])
  const ask = (job) =>
    new Promise((resolve) => {
      loader.once('message', resolve)
      loader.send(job)
    })
  const all = workloads({ quick })
  const work = all.filter(({ name }) => wanted === undefined || wanted.includes(name))
  const running = []
  for (const name of values.gateways.split(',')) {
    if (GATEWAYS[name] === undefined)
      throw new Error(`--gateways: "${name}" is none of ${Object.keys(GATEWAYS)}.`)
    const gateway = GATEWAYS[name](provider)
    if (gateway.work !== undefined && !work.some((workload) => workload.name === gateway.work)) continue
    running.push(await begin(gateway, all[0].job.body, ask))
  }
  await warmUp(running, work, ask)
  for (let round = 0; round < rounds; round++) await oneRound(round, running, work, provider, ask)
  const checks = await conclude(running)
  for (const { child, gateway } of running) {
    await stop(child)
    gateway.clean()
  }
  report(checks)
}

/** Starts once to get a key, then as often as is measured; the last one stays. */
async function begin(gateway, body, ask) {
  samples[gateway.name] = {}
  const first = await startUntilAnswer(gateway, body)
  gateway.callHeaders = gateway.headers()
  if (gateway.prepare !== undefined) {
    await gateway.prepare(first.origin, ask)
    progress(`${gateway.name} started`)
    return { gateway, ...first }
  }
  await stop(first.child)
  let current
  for (let start = 0; start < rounds; start++) {
    if (current) await stop(current.child)
    current = await startUntilAnswer(gateway, body)
    note(gateway, 'start', current.startMs)
  }
  await sleep(quick ? 200 : 2000)
  note(gateway, 'idle', residentMegabytes(current.child.pid))
  progress(`${gateway.name} started`)
  return { gateway, ...current }
}

/** Compilers have to have seen the code before it is measured. */
async function warmUp(running, work, ask) {
  for (const workload of work) {
    for (const one of askedOf(workload, running)) {
      const job = warmUpOf(workload, quick)
      await measure(one, { ...workload, job }, ask)
    }
  }
}

/** Gateways take turns within each workload, another one first each round. */
async function oneRound(round, running, work, provider, ask) {
  for (const workload of work) {
    const direct = workload.cost === 'latency' ? await measureDirect(provider, workload, ask) : undefined
    const asked = askedOf(workload, running)
    for (let turn = 0; turn < asked.length; turn++) {
      const one = asked[(turn + round) % asked.length]
      const result = await measure(one, workload, ask)
      check(one.gateway, workload, result)
      if (direct) {
        note(one.gateway, 'added_p50', result.p50 - direct.p50)
        note(one.gateway, 'added_p99', result.p99 - direct.p99)
      } else note(one.gateway, workload.name, result.cpuMicros)
      if (workload.name === 'forward') note(one.gateway, 'loaded', result.residentMb)
      const cost = `${Math.round(result.cpuMicros)} µs CPU, p50 ${result.p50.toFixed(2)} ms`
      progress(`round ${round + 1} ${workload.name} ${one.gateway.name}: ${result.sent} sent, ${cost}`)
    }
  }
}

/** A gateway that was prepared for one workload gets that alone, and nobody else of its kind gets it. */
function askedOf({ name }, running) {
  const isPrepared = running.some(({ gateway }) => gateway.work === name)
  return running.filter(({ gateway }) =>
    gateway.work === undefined ? !(isPrepared && gateway.name === 'trimtab') : gateway.work === name,
  )
}

function check(gateway, workload, { sent, failed, firstFault, rows }) {
  sentInAll[gateway.name] = (sentInAll[gateway.name] ?? 0) + sent
  const where = `${gateway.name}, ${workload.name}`
  if (failed > 0) faults.push(`${where}: ${failed} of ${sent} answers were wrong; the first: ${firstFault}`)
  // A remembered answer has a row of its own, and no attempt.
  const attempts = workload.remembered ? 0 : sent
  if (rows && (rows.requests !== sent || rows.attempts !== attempts)) {
    faults.push(
      `${where}: ${sent} sent, but ${rows.requests} requests and ${rows.attempts} attempts in the ledger`,
    )
  }
}

async function conclude(running) {
  const counted = running.filter(({ gateway }) => gateway.rows)
  return counted.map(({ gateway }) => {
    const sent = sentInAll[gateway.name]
    const verdict =
      faults.length === 0 ? 'each has its row of request and attempt in the ledger' : 'see the faults'
    return `${gateway.name}: ${sent} requests sent in the measured runs; ${verdict}.`
  })
}

function report(checks) {
  const summary = summarise(samples)
  const over = overBudget(summary)
  const pinning = pinned ? 'gateway pinned to a core of its own' : 'NOT pinned: figures are not comparable'
  const result = {
    date: new Date().toISOString(),
    machine: `${MACHINE}, ${pinning}, load average before ${busyBefore}`,
    rounds,
    quick,
    summary,
    checks: [...checks, ...faults, ...over.map((row) => `over budget: ${row}`)],
  }
  const text = markdown(result)
  process.stdout.write(`\n${text}`)
  if (!quick && wanted === undefined && values.gateways === USUAL_GATEWAYS) {
    mkdirSync(path('./results'), { recursive: true })
    writeFileSync(path('./results/path.json'), `${JSON.stringify(result, null, 2)}\n`)
    writeFileSync(path('./results/path.md'), text)
  }
  if (faults.length > 0) process.exitCode = 1
}

function note(gateway, row, value) {
  const rows = samples[gateway.name]
  rows[row] = [...(rows[row] ?? []), value]
}

function progress(line) {
  process.stderr.write(`${line}\n`)
}

main()
  .catch((error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  })
  .finally(stopAll)
