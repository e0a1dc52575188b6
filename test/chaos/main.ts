/** Asks for so many minutes with random faults, and tells what was promised and not kept: `npm run chaos`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { watchLoop } from '../support/loop-lag.ts'
import { parseFault } from '../support/mock-provider/fault.ts'
import { startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab } from '../support/start-trimtab.ts'
import { startUnaccepting } from '../support/unaccepting.ts'
import { configuration, policies } from './installation.ts'
import { planner } from './plan.ts'
import { Play } from './play.ts'
import { report } from './report.ts'
import { slopeOf, watchProcess } from './watch-process.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const only = values.only === undefined ? undefined : parseFault(values.only)
if (values.only !== undefined && only === undefined) throw new Error(`no fault is called ${values.only}`)
const folder = fileURLToPath(new URL('..', import.meta.url))
const lagFile = join(folder, '.cache', `chaos-lag-${process.pid}`)

const mock = await startMockProvider({ keep: 1 })
const unaccepting = await startUnaccepting()
const trimtab = await startTrimtab({
  // Nothing ever listens at port 1; one that was free at the start may be taken within an hour.
  config: configuration({ mock: mock.url, refused: 'http://127.0.0.1:1/v1', unaccepting: unaccepting.url }),
  policies: policies(),
  env: { NODE_OPTIONS: `--import=${join(folder, 'loop-lag.mjs')}`, LOOP_LAG_FILE: lagFile },
})
const loop = watchLoop()
const watched = watchProcess(trimtab.pid)
const socketsBefore = watched.sockets()
const play = new Play(mock, trimtab.origin, planner(Number(values.seed), only))

const startedAt = Date.now()
let told = 0
const telling = setInterval(() => {
  const { asked, underWay, faults } = play
  const { residentMb, sockets } = watched.now()
  const minute = Math.round((Date.now() - startedAt) / 60_000)
  const state = `${asked} asked, ${underWay} under way, ${residentMb.toFixed(0)} MB, ${sockets} sockets`
  process.stdout.write(`${minute} min: ${state}, ${faults.length} promises not kept\n`)
  for (const { mark, what, fault } of faults.slice(told)) {
    process.stdout.write(`  ${mark}: ${what} (${fault})\n`)
  }
  told = faults.length
}, 60_000)
await play.for(minutes * 60_000, Number(values.rate))
clearInterval(telling)
// Longer than the mock offers to keep a connection that nobody uses, a minute.
for (let waited = 0; waited < 75 && watched.sockets() > socketsBefore; waited++) await pause(1000)
const socketsAfter = watched.sockets()
loop.stop()
watched.stop()

const result = report({
  play,
  ledgerFile: join(trimtab.dataFolder, 'ledger.db'),
  lagFile,
  ownLags: loop.lags,
  memory: slopeOf(watched.samples, minutes * 60_000),
  sockets: { before: socketsBefore, after: socketsAfter },
  settings: { minutes, rate: Number(values.rate), seed: Number(values.seed) },
})
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`)
const isSound = result.notKept === 0
await trimtab.stop({ keep: !isSound })
if (!isSound) process.stdout.write(`the ledger is kept in ${trimtab.dataFolder}\n`)
unaccepting.close()
await mock.close()
process.exit(isSound ? 0 : 1)
