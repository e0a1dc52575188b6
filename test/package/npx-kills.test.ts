/** `kill -9` of what npx runs from the tarball, or of npx itself, at any moment: its model server ends with it. */
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { installTrimtab, packTrimtab, type Workplace } from '../support/installed-package.ts'
import { modelServerWords, type ProcessList, processList, until } from '../support/model-server.ts'

const KILLS = 20
/** From before npx has started anything. */
const LATEST_MS = 3000
/** From before the model server is ready until well after. */
const LATEST_AFTER_SERVER_MS = 1000

let place: Workplace
let unreachable: string | undefined
let servers: ProcessList

// Where better-sqlite3 has to be compiled after all, that takes minutes.
beforeAll(async () => {
  place = await packTrimtab()
  unreachable = await installTrimtab(place)
  servers = processList(place.folder)
  const command = JSON.stringify(modelServerWords(servers.file, '--worker', '--load-ms', '300'))
  writeFileSync(
    join(place.folder, 'trimtab.yaml'),
    `providers: { local: { command: ${command}, models: [small] } }`,
  )
}, 600_000)

afterAll(() => {
  // What a failed test left: every process here was started by it.
  for (const pid of [...(servers?.left() ?? []), ...trimtabs()]) process.kill(pid, 'SIGKILL')
  place?.remove()
})

beforeEach((context) => {
  if (unreachable !== undefined) context.skip(unreachable)
})

test(`${KILLS} times: nothing is left that runs`, async () => {
  let withServer = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const startedBefore = servers.all().length
    const npx = spawn('npx', ['trimtab', 'serve', '--port', '0'], {
      cwd: place.folder,
      env: place.env,
      stdio: 'ignore',
    })
    const hasEnded = new Promise((resolve) => npx.once('close', resolve))
    const hasServer = () => servers.all().length > startedBefore
    if (kill % 4 > 1) await until(hasServer)
    await pause(Math.random() * (kill % 4 > 1 ? LATEST_AFTER_SERVER_MS : LATEST_MS))
    if (hasServer()) withServer++
    // In turn trimtab, if it is there yet, and npx, whose end trimtab has to notice.
    const [trimtab = npx.pid ?? 0] = trimtabs()
    process.kill(kill % 2 === 0 ? trimtab : (npx.pid ?? 0), 'SIGKILL')
    await hasEnded
    await until(() => servers.left().length === 0 && trimtabs().length === 0)
  }
  console.info(`${KILLS} kills, ${withServer} of them with a model server that ran; nothing was left`)
  expect(servers.left()).toEqual([])
  expect(withServer).toBeGreaterThanOrEqual(KILLS / 2)
}, 300_000)

/** Every process that runs the installed program, npx's shell apart. */
function trimtabs(): number[] {
  return execFileSync('ps', ['-eo', 'pid=,args='])
    .toString()
    .split('\n')
    .filter((line) => line.includes(`node ${join(place.folder, 'node_modules', '.bin', 'trimtab')}`))
    .map((line) => Number.parseInt(line, 10))
}
