// `npm run bench:reports [-- --requests N] [--rounds N]`: how large a ledger of a million requests is, how long each
// report on it takes, and whether requests notice. The figures go to bench/results/reports.json too.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, constants, loadavg, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { request } from 'undici'
import { DAYS, writeLedger } from './large-ledger.mjs'
import { freePort, LOAD_CORE, MACHINE, printed, startNode, stop, stopAll } from './processes.mjs'
import { workloads } from './workloads.mjs'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '6' } },
})
const DAY_MS = 86_400_000
const GOAL_MS = 300
const EVERY_CORE = `0-${availableParallelism() - 1}`
const folder = path('./.cache/reports')
const file = `${folder}/data/ledger.db`
/** Users and tags over a day, as the command does by default, and over all. */
const REPORTS = [
  ...'workflow step model provider tier rule key team tenant mechanism part hour day month'
    .split(' ')
    .map((by) => whole(by)),
  ...['workflow,step', 'workflow,part', 'part,day', 'key,model,day', ''].map((by) => whole(by)),
  ...['day', 'hour', 'part,day'].map((by) => whole(by, 'Asia/Kolkata')),
  ...['user', 'tag:feature'].map((by) => ({ by, tz: 'UTC', days: 1 })),
  ...['user', 'tag:feature'].map((by) => whole(by)),
]
/** Thousands of rows, megabytes of JSON. */
const LARGEST = ['hour', 'key,model,day', 'user']

async function main() {
  const until = Date.now()
  const date = new Date(until).toISOString()
  tell(`${date}, ${MACHINE}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(`${folder}/data`, { recursive: true })
  const startedAt = performance.now()
  writeLedger(file, path('../migrations'), { requests: Number(values.requests), until })
  const fileMb = Math.round(statSync(file).size / 2 ** 20)
  tell(`${values.requests} requests of ${DAYS} days: ${fileMb} MiB, written in ${since(startedAt)} s`)
  const server = await serve()
  const rollups = await rolledUp(until)
  tell(
    `summed up in ${rollups.seconds} s: ${rollups.hours} hours and ${rollups.days} days, ${rollups.mb} MiB of sums, ${rollups.columnsMb} MiB of columns`,
  )
  const summedFileMb = Math.round(statSync(file).size / 2 ** 20)
  tell(`with them the file has ${summedFileMb} MiB`)
  const reports = []
  for (const query of REPORTS) reports.push(await timed(server, { ...query, until }))
  const command = await commandTimes()
  const serving = await serveMeanwhile(server, until)
  await stopAll()
  const figures = {
    date,
    machine: MACHINE,
    requests: Number(values.requests),
    fileMb,
    summedFileMb,
    rollups,
    reports,
    command,
    serving,
  }
  mkdirSync(path('./results'), { recursive: true })
  writeFileSync(path('./results/reports.json'), `${JSON.stringify(figures, null, 2)}\n`)
  rmSync(folder, { recursive: true, force: true })
  const slow = reports.filter(({ medianMs }) => medianMs > GOAL_MS)
  if (slow.length > 0) process.exitCode = 1
  tell(slow.length === 0 ? `each report within ${GOAL_MS} ms` : `${slow.length} reports beyond ${GOAL_MS} ms`)
}

function whole(by, tz = 'UTC') {
  return { by, tz, days: DAYS }
}

async function serve() {
  const mock = startNode([path('./mock.mjs')], LOAD_CORE, ['pipe', 'pipe', 'inherit'])
  const provider = (await printed(mock, /listening on (\S+)/))[1]
  writeFileSync(
    `${folder}/trimtab.yaml`,
    `default_provider: mock\nproviders:\n  mock: { dialect: openai, base_url: "${provider}", api_key: key }\n`,
  )
  mkdirSync(`${folder}/policies`)
  const port = await freePort()
  const args = ['serve', '--port', String(port), '--config', `${folder}/trimtab.yaml`]
  // Every core: what runs beside the requests is what this is about.
  const child = startNode([path('../dist/cli.js'), ...args], EVERY_CORE)
  child.stdout.resume()
  child.stderr.resume()
  const origin = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 600; tries++) {
    if (
      await request(`${origin}/readyz`).then(
        ({ statusCode }) => statusCode === 200,
        () => false,
      )
    )
      break
    await sleep(50)
  }
  return { origin, key: readFileSync(`${folder}/data/admin-key`, 'utf8').trim() }
}

/** Until every past hour is, but for the last, which waits for its last requests. */
async function rolledUp(until) {
  const startedAt = performance.now()
  const database = new Database(file, { readonly: true })
  const found = database.prepare(`
    SELECT count(*) AS hours,
      sum(length(cells) + coalesce(length(parts), 0)) + (SELECT total(length(cells) + length(parts)) FROM rollup_days) AS bytes,
      sum(coalesce(length(columns) + length(column_parts), 0)) AS columnBytes,
      (SELECT count(*) FROM rollup_days) AS days
    FROM rollups`)
  const expected = database
    .prepare('SELECT count(DISTINCT at / 3600000) FROM requests WHERE at < ?')
    .pluck()
    .get(Math.floor((until - 300_000) / 3_600_000) * 3_600_000)
  // The days come after the last hour.
  while (found.get().hours < expected || found.get().days < DAYS - 1) await sleep(200)
  const { hours, days, bytes, columnBytes } = found.get()
  database.close()
  const mb = (count) => Number((count / 2 ** 20).toFixed(1))
  return { seconds: since(startedAt), hours, days, mb: mb(bytes), columnsMb: mb(columnBytes) }
}

async function timed(server, query) {
  const times = []
  let rows = 0
  for (let run = 0; run < 5; run++) {
    const startedAt = performance.now()
    rows = (await ask(server, query)).rows.length
    times.push(performance.now() - startedAt)
  }
  const medianMs = Math.round(median(times))
  const name = `--by ${query.by || '(nothing)'} --since ${query.days}d --tz ${query.tz}`
  tell(`${String(medianMs).padStart(5)} ms  ${name}: ${rows} rows`)
  return {
    by: query.by,
    tz: query.tz,
    days: query.days,
    rows,
    medianMs,
    slowestMs: Math.round(Math.max(...times)),
  }
}

/** The whole command, from its start to its end, beside one that only says its version. */
async function commandTimes() {
  const run = async (args) => {
    const times = []
    for (let turn = 0; turn < 5; turn++) {
      const startedAt = performance.now()
      const child = startNode([path('../dist/cli.js'), ...args], EVERY_CORE, ['ignore', 'ignore', 'inherit'])
      const [code] = await once(child, 'exit')
      if (code !== 0) throw new Error(`trimtab ${args.join(' ')} ended with exit code ${code}`)
      times.push(performance.now() - startedAt)
    }
    return Math.round(median(times))
  }
  const figures = {
    versionMs: await run(['--version']),
    reportMs: await run(['report', '--data', `${folder}/data`, '--since', `${DAYS}d`]),
  }
  tell(
    `the command \`report --since ${DAYS}d\` takes ${figures.reportMs} ms, \`--version\` ${figures.versionMs} ms`,
  )
  return figures
}

async function ask(server, query) {
  const body = await answerTo(server, query)
  return body.json()
}

/** To its last byte, without looking at it. */
async function read(server, query) {
  const body = await answerTo(server, query)
  for await (const _ of body);
}

async function answerTo({ origin, key }, { by, tz, days, until }) {
  const query = new URLSearchParams({ since: String(until - days * DAY_MS), until: String(until), tz, by })
  const answer = await request(`${origin}/trimtab/api/report?${query}`, {
    headers: { authorization: `Bearer ${key}` },
  })
  if (answer.statusCode !== 200) throw new Error(await answer.body.text())
  return answer.body
}

/** One client's requests, in turns alone, beside a loop of all reports, and beside one of the largest. */
async function serveMeanwhile(server, until) {
  const loader = startNode([path('./load.mjs')], LOAD_CORE, ['ignore', 'inherit', 'inherit', 'ipc'])
  const { job } = workloads({ quick: false }).find(({ name }) => name === 'latency')
  const load = () =>
    new Promise((resolve) => {
      loader.once('message', resolve)
      const headers = { 'content-type': 'application/json' }
      loader.send({ ...job, durationMs: 4000, origin: server.origin, path: '/v1/chat/completions', headers })
    })
  // Who reads the reports is no part of trimtab, and is not to take the requests' time.
  setPriority(constants.priority.PRIORITY_LOW)
  for (let warm = 0; warm < 3; warm++) await load()
  const kinds = {
    alone: { queries: [], runs: [], reports: 0 },
    // What any other work costs requests, on as few cores: the least that reports can.
    besideAnything: { queries: [], runs: [], reports: 0, isBusy: true },
    beside: { queries: REPORTS, runs: [], reports: 0 },
    besideLargest: { queries: LARGEST.map((by) => whole(by)), runs: [], reports: 0 },
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of Object.values(kinds)) kind.runs.push(await loadBeside(server, load, kind, until))
  }
  await stop(loader)
  const runs = Object.values(kinds).flatMap((kind) => kind.runs)
  const failed = runs.reduce((sum, one) => sum + one.failed, 0)
  const figures = { load: loadavg()[0].toFixed(1), failed }
  for (const [name, kind] of Object.entries(kinds)) {
    figures[name] = { reports: kind.reports, ...spread(kind.runs) }
    tell(`requests ${name}: ${JSON.stringify(figures[name])}`)
  }
  tell(`${failed} failed; the machine's load was ${figures.load}`)
  return figures
}

async function loadBeside(server, load, kind, until) {
  const busy = kind.isBusy ? busyLoop() : undefined
  let stopping = kind.queries.length === 0
  const loop = (async () => {
    for (; !stopping; kind.reports++) {
      await read(server, { ...kind.queries[kind.reports % kind.queries.length], until })
    }
  })()
  const run = await load()
  stopping = true
  await loop
  if (busy !== undefined) await stop(busy)
  return run
}

/** A program that computes in the class of those that only take what others leave, as what makes reports does. */
function busyLoop() {
  const child = startNode(['-e', 'for (;;) {}'], EVERY_CORE, 'ignore')
  setPriority(child.pid, constants.priority.PRIORITY_LOW)
  try {
    execFileSync('chrt', ['--idle', '--pid', '0', String(child.pid)])
  } catch {
    // no Linux, or no right to it: the lowest priority it is
  }
  return child
}

function spread(runs) {
  const of = (share) => Number(median(runs.map((run) => run[share])).toFixed(2))
  const p99sMs = runs.map(({ p99 }) => Number(p99.toFixed(2)))
  return { p50Ms: of('p50'), p99Ms: of('p99'), p99sMs, sent: runs.reduce((sum, { sent }) => sum + sent, 0) }
}

function median(numbers) {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)]
}

function since(startedAt) {
  return Number(((performance.now() - startedAt) / 1000).toFixed(1))
}

function tell(line) {
  process.stdout.write(`${line}\n`)
}

try {
  await main()
} finally {
  await stopAll()
}
