/** A ledger that is deleted, moved away or replaced under a running trimtab is missed within seconds, and said to be. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ask, chat, errorOf } from '../support/ask.ts'
import { readLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

let mock: MockProvider
let trimtab: Trimtab | undefined

beforeEach(async () => {
  mock = await startMockProvider()
})
afterEach(async () => {
  await trimtab?.stop()
  await mock.close()
})

const MISSED =
  /The ledger \S+ledger\.db cannot be written \(its file was deleted, moved or replaced: put it back, or restart trimtab to begin a new one\)/

it('refuses requests that would not be metered, where it is told to, and turns /readyz red', async () => {
  const server = await start('refuse')
  expect((await ask(server.origin, chat('m'))).status).toBe(200)
  rmSync(server.dataFolder, { recursive: true })
  await readyz(server, 503, { ready: false, ledger: { healthy: false } })
  const refused = await ask(server.origin, chat('m'))
  expect([refused.status, errorOf(refused).code]).toEqual([503, 'ledger_unavailable'])
  expect(mock.count).toBe(1)
  expect(timesSaid(server, MISSED)).toBe(1)
})

it('goes on where it is told to proceed, and says in /readyz what is wrong', async () => {
  const server = await start('proceed')
  rmSync(join(server.dataFolder, 'ledger.db'))
  await readyz(server, 200, { ready: true, problems: [{ message: expect.stringMatching(MISSED) }] })
  expect((await ask(server.origin, chat('m'))).status).toBe(200)
  const { dataFolder } = server
  await server.stop({ keep: true })
  trimtab = undefined
  // What a later start finds is no empty file that this one left.
  const next = await start('proceed', server.folder)
  expect((await ask(next.origin, chat('m'))).status).toBe(200)
  await vi.waitFor(() => expect(readLedger(join(dataFolder, 'ledger.db'))).toHaveLength(1))
})

it('writes what it kept once the folder is back, and not into another file of that name', async () => {
  const server = await start('proceed')
  expect((await ask(server.origin, chat('m'))).status).toBe(200)
  const away = join(server.folder, 'away')
  renameSync(server.dataFolder, away)
  mkdirSync(server.dataFolder)
  writeFileSync(join(server.dataFolder, 'ledger.db'), '')
  await readyz(server, 200, { ledger: { healthy: false } })
  expect((await ask(server.origin, chat('m'))).status).toBe(200)
  rmSync(server.dataFolder, { recursive: true })
  renameSync(away, server.dataFolder)
  await readyz(server, 200, { ledger: { healthy: true }, problems: [] })
  const file = join(server.dataFolder, 'ledger.db')
  await vi.waitFor(() => expect(readLedger(file).map(({ status }) => status)).toEqual([200, 200]))
  expect(timesSaid(server, /is written again/)).toBe(1)
})

async function start(onFailure: 'proceed' | 'refuse', folder?: string): Promise<Trimtab> {
  const config = `
providers: { mock: { base_url: "${mock.url}" } }
ledger: { on_failure: ${onFailure} }
`
  trimtab = await startTrimtab({ config, ...(folder === undefined ? {} : { folder }) })
  return trimtab
}

function readyz({ origin }: Trimtab, status: number, state: unknown): Promise<void> {
  return vi.waitFor(
    async () => {
      const ready = await ask(origin, '', { path: '/readyz', method: 'GET' })
      expect(JSON.parse(ready.text)).toMatchObject(state as object)
      expect(ready.status).toBe(status)
    },
    { timeout: 10_000, interval: 50 },
  )
}

function timesSaid(server: Trimtab, pattern: RegExp): number {
  return server
    .output()
    .split('\n')
    .filter((line) => pattern.test(line)).length
}
