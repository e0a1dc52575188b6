/** A model server that trimtab started never outlives it, however it ends. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, chat, startAsking } from '../support/ask.ts'
import {
  modelServerWords,
  type ProcessList,
  processList,
  standings,
  until,
  untilState,
} from '../support/model-server.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const KILLS = 20

let folder: string
let processes: ProcessList

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-orphans-'))
  processes = processList(folder)
})

afterEach(() => {
  // What a failed test left: every process here was started by it.
  for (const pid of processes.left()) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function started(...args: string[]): Promise<Trimtab> {
  const command = JSON.stringify(modelServerWords(processes.file, ...args))
  return startTrimtab({ folder, config: `providers: { local: { command: ${command}, models: [small] } }` })
}

it(`kill -9, ${KILLS} times at any moment: no server and no worker of one is left, without another start`, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const trimtab = await started('--worker', '--load-ms', '100')
    const before = processes.all().length
    // From before the server's own first line until well after it is ready.
    if (kill % 4 > 0) await until(() => processes.all().length > before || processes.running().length > 0)
    if (kill % 4 > 1) await untilState(trimtab.origin, 'ready')
    if (kill % 4 > 2) expect((await ask(trimtab.origin, chat('small'))).status).toBe(200)
    await trimtab.kill()
    await until(() => processes.left().length === 0)
  }
  expect(processes.all().length).toBeGreaterThan(KILLS)
}, 180_000)

it('a server that ignores SIGTERM is killed after its grace, though nobody is there to do it', async () => {
  const trimtab = await started('--ignore-term')
  await untilState(trimtab.origin, 'ready')
  await trimtab.kill()
  await until(() => processes.left().length === 0)
}, 60_000)

it('killed together with its watcher, it is found and stopped by the next start', async () => {
  const trimtab = await started('--ignore-term', '--worker')
  await untilState(trimtab.origin, 'ready')
  const [name = ''] = readdirSync(join(trimtab.dataFolder, 'commands'))
  const record = JSON.parse(readFileSync(join(trimtab.dataFolder, 'commands', name), 'utf8'))
  // All but the server and its worker: the shell that waits for it and the one that holds the pipe.
  const [server] = processes.all()
  expect(record.server.pid).toBe(server)
  for (const pid of watchersOf(record.watcher.pid)) process.kill(pid, 'SIGSTOP')
  await trimtab.kill()
  for (const pid of watchersOf(record.watcher.pid)) process.kill(pid, 'SIGKILL')
  expect(processes.running()).toHaveLength(2)

  const next = await started()
  await untilState(next.origin, 'ready')
  expect(next.output()).toContain(`process ${server}, left by a trimtab that was killed, was stopped`)
  const [standing] = await standings(next.origin)
  expect(processes.running()).toEqual([standing?.pid])
  expect(await next.stop({ keep: true })).toBe(0)
  expect(processes.left()).toEqual([])
  expect(readdirSync(join(next.dataFolder, 'commands'))).toEqual([])
}, 60_000)

it('a second trimtab on the same data folder leaves the server of the first alone', async () => {
  const first = await started()
  await untilState(first.origin, 'ready')
  const second = await started()
  await untilState(second.origin, 'ready')
  expect(processes.running()).toHaveLength(2)
  expect((await standings(first.origin))[0]).toMatchObject({ state: 'ready', starts: 1 })
  await second.stop({ keep: true })
  expect(processes.running()).toHaveLength(1)
  await first.stop({ keep: true })
  expect(processes.left()).toEqual([])
}, 60_000)

it('SIGTERM lets the answer under way end, then stops the server', async () => {
  const trimtab = await started('--worker')
  await untilState(trimtab.origin, 'ready')
  let begun: () => void = () => {}
  const isBegun = new Promise<void>((resolve) => {
    begun = resolve
  })
  const { heard } = startAsking(trimtab.origin, chat('local/slow-300', { stream: true }), {
    onFirstBytes: begun,
  })
  await isBegun
  expect(await trimtab.stop({ keep: true })).toBe(0)
  const answer = await heard
  expect(answer.end).toBe('whole')
  expect(answer.text).toContain('data: [DONE]')
  // The watcher's shell is not heard.
  expect(trimtab.output()).not.toContain('Terminated')
  expect(processes.left()).toEqual([])
  expect(readdirSync(join(trimtab.dataFolder, 'commands'))).toEqual([])
}, 60_000)

it('SIGTERM ends a server that still loads, and one that is between two starts', async () => {
  const loading = await started('--load-ms', '60000')
  await until(() => processes.running().length === 1)
  expect(await loading.stop({ keep: true })).toBe(0)
  expect(processes.left()).toEqual([])
  const failing = await started('--fail-starts', '1000')
  await untilState(failing.origin, 'failing')
  expect(await failing.stop({ keep: true })).toBe(0)
  expect(processes.left()).toEqual([])
}, 60_000)

/** The two shells of a group: its leader, and the leader's own child that reads the pipe. */
function watchersOf(leader: number): number[] {
  const [server] = processes.all()
  const children = readFileSync(`/proc/${leader}/task/${leader}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
  return [...children.filter((pid) => pid !== server), leader]
}
