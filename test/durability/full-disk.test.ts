/** A disk that is really full: a file system of 2 MiB, which Linux lets anyone mount in a namespace of their own. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { remoteReader } from '../../src/commands/remote-reader.ts'
import { ask, chat } from '../support/ask.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const IN_SMALL = ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"']

let mock: MockProvider
let trimtab: Trimtab | undefined

beforeEach(async () => {
  mock = await startMockProvider()
})
afterEach(async () => {
  await trimtab?.stop()
  await mock.close()
})

it.skipIf(!canMount())('logs when it begins and when it is over, and loses no row', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-full-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const config = `providers: { mock: { base_url: "${mock.url}" } }`
  const server = await startTrimtab({ config, folder, under: [...IN_SMALL, data] })
  trimtab = server
  expect((await ask(server.origin, chat('m'))).status).toBe(200)
  // Where that process sees its data folder.
  const filler = join('/proc', String(server.pid), 'root', data, 'filler')
  fill(filler)
  const asked = 40
  for (let number = 0; number < asked; number++) {
    expect((await ask(server.origin, chat('m'))).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await readyz(server, { ledger: { healthy: false } })
  const lines = faults(server)
  expect(lines.filter((line) => line.includes('cannot be written'))).toHaveLength(1)
  expect(new Set(lines.map(withoutFigures)).size).toBe(lines.length)
  rmSync(filler)
  await readyz(server, { ledger: { healthy: true }, problems: [] })
  expect(faults(server).filter((line) => line.includes('is written again'))).toHaveLength(1)
  expect(await settled(server)).toBe(asked + 1)
})

/** What was told of the ledger, its thread and the cache. */
function faults(server: Trimtab): string[] {
  return server
    .output()
    .split('\n')
    .filter((line) => /ledger|cache/i.test(line) && /cannot|fail|again|full|given up/.test(line))
}

function withoutFigures(line: string): string {
  return line.replaceAll(/\d+/g, '0')
}

function fill(file: string): void {
  for (let bytes = 65_536; bytes >= 1; ) {
    try {
      appendFileSync(file, Buffer.alloc(bytes, 'x'))
    } catch {
      bytes = bytes === 1 ? 0 : Math.floor(bytes / 4)
    }
  }
}

function readyz({ origin }: Trimtab, state: object): Promise<void> {
  return vi.waitFor(
    async () => {
      const ready = await ask(origin, '', { path: '/readyz', method: 'GET' })
      expect(JSON.parse(ready.text)).toMatchObject(state)
    },
    { timeout: 10_000, interval: 50 },
  )
}

/** Requests whose rows are whole. */
async function settled({ origin, pid, dataFolder }: Trimtab): Promise<number> {
  const folder = join('/proc', String(pid), 'root', dataFolder)
  const key = readFileSync(join(folder, 'admin-key'), 'utf8').trim()
  const query = { since: 0, until: Date.now() + 1000, timeZone: 'UTC', by: [] }
  const { totals } = await remoteReader(origin, key).report(query)
  expect(totals.usage.reported).toBe(totals.requests)
  return totals.requests
}

function canMount(): boolean {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'trimtab-mount-'))
    const [command = '', ...rest] = IN_SMALL
    execFileSync(command, [...rest, folder, 'true'], { stdio: 'ignore' })
    rmSync(folder, { recursive: true })
    return true
  } catch {
    return false
  }
}
