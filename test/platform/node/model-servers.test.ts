/** Of the servers themselves, without a trimtab around them: the port that is kept, and what becomes of a broken folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ModelServers } from '../../../src/platform/node/model-servers.ts'
import type { CommandSettings, ProviderSettings } from '../../../src/providers/settings.ts'
import { modelServerWords, type ProcessList, processList, until } from '../../support/model-server.ts'

let folder: string
let processes: ProcessList
let servers: ModelServers
let told: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trimtab-servers-'))
  processes = processList(folder)
  told = []
  servers = new ModelServers({
    folder: join(folder, 'commands'),
    environment: process.env,
    log: { info: () => {}, warn: (message) => void told.push(message), printed: () => {} },
    // The longest pause of each backoff.
    random: () => 1,
  })
})

afterEach(async () => {
  await servers.close()
  expect(processes.left()).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})

function provider(command: Partial<CommandSettings> = {}): ProviderSettings {
  return {
    name: 'local',
    vendor: 'generic',
    baseUrls: [],
    accounts: [],
    models: new Map(),
    maxInFlight: undefined,
    overrides: {},
    command: {
      words: modelServerWords(processes.file),
      environment: {},
      directory: '.',
      readyPath: undefined,
      readyTimeoutMs: 20_000,
      ...command,
    },
  }
}

const isReady = (): boolean => servers.standings[0]?.state === 'ready'

test('a crashed server gets its port again', async () => {
  servers.adjust([provider()])
  await until(isReady)
  const [first] = servers.standings
  process.kill(first?.pid ?? 0, 'SIGKILL')
  await until(() => !isReady())
  await until(isReady)
  expect(servers.standings[0]).toMatchObject({ starts: 2, port: first?.port })
})

test('where another took the port meanwhile, it gets a new one', async () => {
  servers.adjust([provider()])
  await until(isReady)
  const [first] = servers.standings
  process.kill(first?.pid ?? 0, 'SIGKILL')
  const thief = await takePort(first?.port ?? 0)
  try {
    await until(() => servers.standings[0]?.starts === 2 && isReady())
    expect(servers.standings[0]?.port).not.toBe(first?.port)
  } finally {
    thief.close()
  }
})

test('other limits of readiness apply to the next start; the server runs on', async () => {
  servers.adjust([provider()])
  await until(isReady)
  const before = servers.standings
  servers.adjust([provider({ readyTimeoutMs: 1, readyPath: '/environment' })])
  expect(servers.standings).toEqual(before)
})

test('changed before it ever started, it starts once, as it is wanted last', async () => {
  servers.adjust([provider()])
  servers.adjust([provider({ words: modelServerWords(processes.file, '--name', 'second') })])
  await until(isReady)
  expect(processes.running()).toEqual([servers.standings[0]?.pid])
})

test('two providers run side by side, each on its port', async () => {
  servers.adjust([provider(), { ...provider(), name: 'other' }])
  await until(() => servers.standings.every(({ state }) => state === 'ready'))
  expect(new Set(servers.standings.map(({ port }) => port)).size).toBe(2)
})

test('copies of one command run side by side, and as many of them as are wanted', async () => {
  servers.adjust([provider({ replicas: 3 })])
  await until(
    () => servers.standings.length === 3 && servers.standings.every(({ state }) => state === 'ready'),
  )
  expect(servers.standings.map(({ provider: name }) => name)).toEqual(['local', 'local#2', 'local#3'])
  expect(new Set(servers.standings.map(({ port }) => port)).size).toBe(3)
  const [first] = servers.standings
  servers.adjust([provider({ replicas: 1 })])
  await until(() => processes.running().length === 1)
  expect(servers.standings).toEqual([first])
})

test.runIf(process.platform === 'linux')('tells the memory of each with all that it started', async () => {
  servers.adjust([provider({ words: modelServerWords(processes.file, '--worker'), replicas: 2 })])
  await until(
    () => servers.standings.length === 2 && servers.standings.every(({ state }) => state === 'ready'),
  )
  await until(() => processes.running().length === 4)
  const memory = servers.memory()
  expect(memory.map(({ provider: name }) => name)).toEqual(['local', 'local#2'])
  // Two Nodes each, of which none runs in less than 20 MB.
  for (const { bytes } of memory) expect(bytes).toBeGreaterThan(40e6)
})

test('records that cannot be kept are told, and the server runs all the same', async () => {
  writeFileSync(join(folder, 'commands'), 'a file where the folder should be')
  servers.adjust([provider()])
  await until(isReady)
  expect(told[0]).toMatch(/^Provider local: its process is not recorded/)
})

/** As soon as whoever has it lets go. */
async function takePort(port: number): Promise<Server> {
  for (;;) {
    const server = createServer()
    const taken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (taken) return server
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
