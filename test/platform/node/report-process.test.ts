/** Reports are made by a process of their own, and told on the socket of whoever asked. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { adminApi } from '../../../src/http/admin-api.ts'
import type { ReportQuery } from '../../../src/metering/reports.ts'
import { type Listening, listen } from '../../../src/platform/node/http-server.ts'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { identify } from '../../../src/platform/node/process-identity.ts'
import { answerReports } from '../../../src/platform/node/report-answer.ts'
import { ReportProcess } from '../../../src/platform/node/report-process-client.ts'
import { idleStarter } from '../../../src/platform/node/yield-to-requests.ts'
import { bundle } from '../../storage/bundle.ts'
import { attempt, idOf, NOON, openLedger, request, temporaryFolder } from '../../storage/ledger-rows.ts'

/** More than the buffers between two sockets hold. */
const USERS = 6_000
/** SCHED_IDLE, sched(7). */
const IDLE_CLASS = 5
/** After so long it is looked whether the process got any time. */
const PATIENCE_MS = 3000
const QUERY: ReportQuery = { since: 0, until: NOON + 1, timeZone: 'UTC', by: ['user'] }
const PATH = `/trimtab/api/report?since=0&until=${NOON + 1}&by=user`

let script: { path: string; remove: () => void }
let folder: { path: string; remove: () => void }
let path: string
let reports: ReportProcess
let server: Listening

beforeAll(async () => {
  script = await bundle('src/platform/node/report-process.ts')
  folder = temporaryFolder()
  path = join(folder.path, 'ledger.db')
  const { ledger } = await openLedger(path)
  for (let user = 0; user < USERS; user++) {
    const id = idOf(String(user).padStart(5, '0'))
    void ledger.openRequest(request(id, { user: `user-${user}` }), attempt(id))
  }
  await ledger.flushed()
  await ledger.close()
})
afterAll(() => {
  script.remove()
  folder.remove()
})
beforeEach(() => serve(process.env))
afterEach(async () => {
  await server.close(0)
  await reports.stop()
})

test('a report is the one that the ledger gives, on a connection that ends with it', async () => {
  const answer = await fetch(url(PATH))
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('connection')).toBe('close')
  expect(await answer.json()).toEqual(await expected(QUERY))
})

test('one process makes many at a time, and a reader that listens to nothing holds up no other', async () => {
  const deaf = await ask(PATH)
  await once(deaf, 'readable')
  const { pid } = reports
  const asked = ['user', 'workflow', 'hour', ''].map(async (by) => {
    const answer = await fetch(url(`/trimtab/api/report?since=0&until=${NOON + 1}&by=${by}`))
    expect(await answer.json()).toEqual(
      await expected({ ...QUERY, by: by === '' ? [] : [by as 'user' | 'workflow' | 'hour'] }),
    )
  })
  await Promise.all(asked)
  expect(reports.pid).toBe(pid)
  expect(bodyOf(await text(deaf))).toEqual(await expected(QUERY))
})

test('a reader that leaves, before or while it is told, harms nobody', async () => {
  const early = await ask(PATH)
  early.destroy()
  const late = await ask(PATH)
  await once(late, 'readable')
  late.destroy()
  expect(await (await fetch(url(PATH))).json()).toEqual(await expected(QUERY))
})

test('what cannot be told in chunks is answered by the app: HEAD, and HTTP/1.0', async () => {
  expect((await fetch(url(PATH), { method: 'HEAD' })).status).toBe(200)
  expect(reports.pid).toBeUndefined()
  const answered = await text(await ask(PATH, '1.0'))
  expect(JSON.parse(answered.slice(answered.indexOf('\r\n\r\n')))).toEqual(await expected(QUERY))
  expect(reports.pid).toBeUndefined()
})

test('a server that closes lets a report that is being told end', async () => {
  const reader = await ask(PATH)
  await once(reader, 'readable')
  const closed = server.close(60_000)
  expect(bodyOf(await text(reader))).toEqual(await expected(QUERY))
  await closed
})

test.each(['first', 'next'])(
  'a server that closes lets the %s report that is being made be told',
  async (which) => {
    if (which === 'next') await (await fetch(url(PATH))).text()
    const before = reports.pid
    if (before !== undefined) process.kill(before, 'SIGSTOP')
    const reader = await ask(PATH)
    // Answered after the report was asked for.
    await fetch(url('/trimtab/api/requests?since=0&limit=1'))
    const closed = server.close(60_000)
    if (before !== undefined) process.kill(before, 'SIGCONT')
    expect(bodyOf(await text(reader))).toEqual(await expected(QUERY))
    await closed
    expect(reports.pid).toBeDefined()
  },
)

test('a reader that takes nothing holds up a server that closes no longer than it is to wait', async () => {
  const deaf = await ask(PATH)
  await once(deaf, 'readable')
  await server.close(1)
  deaf.destroy()
})

test('many are made one after another: the next once somebody took or left the one before', async () => {
  let kept = 0
  const asked = Array.from({ length: 3 }, async () => {
    const made = await reports.make(QUERY)
    expect(++kept).toBe(1)
    await pause(300)
    kept--
    made.leave()
  })
  await Promise.all(asked)
})

test('what the process cannot answer is a Failure with its reason', async () => {
  await expect(reports.make({ ...QUERY, timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
    code: 'ledger_unavailable',
    message: expect.stringMatching(/Mars\/Olympus/),
  })
  const none = new ReportProcess({
    script: script.path,
    settings: { path: join(folder.path, 'none.db') },
    environment: process.env,
  })
  await expect(none.make(QUERY)).rejects.toThrow(/There is no ledger at .*none\.db/)
  await none.stop()
})

test('a process that dies while it makes a report is a Failure, and the next report starts another', async () => {
  ;(await reports.make(QUERY)).leave()
  const pid = reports.pid ?? 0
  process.kill(pid, 'SIGSTOP')
  const asked = reports.make(QUERY)
  process.kill(pid, 'SIGKILL')
  await expect(asked).rejects.toMatchObject({
    code: 'ledger_unavailable',
    message: expect.stringMatching(/ended with SIGKILL\): ask once more/),
  })
  ;(await reports.make(QUERY)).leave()
  expect(reports.pid).not.toBe(pid)
})

test('stop: the process is gone, and what is asked after it a Failure', async () => {
  ;(await reports.make(QUERY)).leave()
  const pid = reports.pid ?? 0
  await reports.stop()
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
  await expect(reports.make(QUERY)).rejects.toThrow(/trimtab is stopping/)
})

test.runIf(idleStarter() !== undefined)('the process runs where nobody else would', async () => {
  const asked = reports.make(QUERY)
  const { pid } = reports
  while (policyOf(pid) !== IDLE_CLASS) await pause(5)
  ;(await asked).leave()
})

test.runIf(idleStarter() !== undefined)(
  'where all others take its time, another is started among them',
  async () => {
    ;(await reports.make(QUERY)).leave()
    const pid = reports.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    ;(await reports.make(QUERY)).leave()
    expect(reports.pid).not.toBe(pid)
    expect(policyOf(reports.pid)).not.toBe(IDLE_CLASS)
  },
)

test('a process that had nothing to do is not taken for one that got no time', async () => {
  ;(await reports.make(QUERY)).leave()
  const pid = reports.pid ?? 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    ;(await reports.make(QUERY)).leave()
    vi.advanceTimersByTime(PATIENCE_MS - 1)
    process.kill(pid, 'SIGSTOP')
    const asked = reports.make(QUERY)
    vi.advanceTimersByTime(1)
    expect(reports.pid).toBe(pid)
    process.kill(pid, 'SIGCONT')
    ;(await asked).leave()
  } finally {
    vi.useRealTimers()
  }
})

test.runIf(process.platform === 'linux').each([
  ['may not be asked for', '#!/bin/sh\nexit 1\n'],
  ['is no program', 'nothing'],
])('where the idle class %s, reports come all the same', async (_, program) => {
  const programs = join(folder.path, 'programs')
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, 'chrt'), program)
  chmodSync(join(programs, 'chrt'), 0o755)
  await server.close(0)
  await serve({ ...process.env, PATH: programs })
  expect(await (await fetch(url(PATH))).json()).toEqual(await expected(QUERY))
})

test('it ends with the process that started it, however that ended', async () => {
  const program = `
    import { fork } from 'node:child_process'
    const child = fork(${JSON.stringify(script.path)}, [${JSON.stringify(JSON.stringify({ path: 'none' }))}], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child.once('message', () => {
      console.log(child.pid)
      process.kill(process.pid, 'SIGKILL')
    })`
  let told = ''
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', program])
  } catch (error) {
    told = String((error as { stdout: Buffer }).stdout)
  }
  const pid = Number(told)
  expect(pid).toBeGreaterThan(0)
  while (identify(pid) !== undefined) await pause(20)
})

async function serve(environment: NodeJS.ProcessEnv): Promise<void> {
  reports = new ReportProcess({ script: script.path, settings: { path }, environment })
  const { reader } = openLedgerReader(path)
  const app = adminApi({ reader, answerReport: answerReports(reports), isAdmin: () => true })
  server = await listen(app, '127.0.0.1', 0)
}

function url(to: string): string {
  return `http://127.0.0.1:${server.port}${to}`
}

/** A request on a socket that nobody reads yet. */
async function ask(to: string, version = '1.1'): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`GET ${to} HTTP/${version}\r\nhost: 127.0.0.1\r\n\r\n`)
  return socket
}

async function expected(query: ReportQuery): Promise<unknown> {
  const { reader, close } = openLedgerReader(path)
  const report = await reader.report(query)
  close()
  return JSON.parse(JSON.stringify(report))
}

/** Of an answer in chunks. */
function bodyOf(answer: string): unknown {
  const end = answer.indexOf('\r\n\r\n')
  let body = ''
  for (let at = end + 4; ; ) {
    const line = answer.indexOf('\r\n', at)
    const size = Number.parseInt(answer.slice(at, line), 16)
    if (size === 0) return JSON.parse(body)
    body += answer.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}

/** proc_pid_stat(5): the 41st field, counted behind the program's name, which is the second. */
function policyOf(pid: number | undefined): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[38])
}
