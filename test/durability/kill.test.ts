/** A process that is killed under load has lost no request that a provider saw, and serves again at once. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ask, chat } from '../support/ask.ts'
import { integrityOf, readLedger } from '../support/ledger-file.ts'
import { startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { startTrimtab, type Trimtab } from '../support/start-trimtab.ts'

const KILLS = 20
const CALLERS = 150

it(`killed ${KILLS} times under load, it has one row for each request that the provider saw`, async () => {
  const mock = await startMockProvider()
  const start = {
    config: `providers: { mock: { dialect: openai, base_url: "${mock.url}" } }`,
    policies: { 'default.yaml': 'limits: { retries: 0 }' },
  }
  const startsMs: number[] = []
  const started = async (folder?: string): Promise<Trimtab> => {
    const before = performance.now()
    const trimtab = await startTrimtab({ ...start, ...(folder === undefined ? {} : { folder }) })
    startsMs.push(performance.now() - before)
    return trimtab
  }
  let trimtab = await started()
  const ledgerFile = join(trimtab.dataFolder, 'ledger.db')
  for (let kill = 0; kill < KILLS; kill++) {
    await killUnderLoad(trimtab, kill)
    expect(integrityOf(ledgerFile)).toBe('ok')
    trimtab = await started(trimtab.folder)
  }
  const last = await ask(trimtab.origin, chat('gpt-4o-mini', { user: 'last' }))
  expect(last.status).toBe(200)
  expect(await trimtab.stop({ keep: true })).toBe(0)
  expect(integrityOf(ledgerFile)).toBe('ok')

  const rows = readLedger(ledgerFile)
  const rowsOf = new Map(rows.map((row) => [row.user, row]))
  expect(rowsOf.size).toBe(rows.length)
  expect(mock.count).toBeGreaterThan(KILLS * CALLERS)
  const seenUsers = new Set(mock.requests.map(({ body }) => body?.user))
  expect(seenUsers.size).toBe(mock.count)
  const unrecorded = [...seenUsers].filter((user) => rowsOf.get(String(user))?.attempts.length !== 1)
  expect(unrecorded).toEqual([])

  const attempts = rows.flatMap((row) => row.attempts)
  expect(attempts.filter(({ outcome, usage }) => outcome === null || usage === null)).toEqual([])
  const interrupted = attempts.filter(({ outcome }) => outcome === 'interrupted')
  expect(interrupted.length).toBeGreaterThan(KILLS)
  expect(interrupted.every(({ usage, input }) => usage === 'estimated' && input > 0)).toBe(true)
  expect(rows.filter(({ status }) => status === null)).toEqual([])

  const slowest = Math.max(...startsMs)
  console.info(
    `${mock.count} requests, ${KILLS} kills, ${interrupted.length} interrupted; listening again after ` +
      `${Math.round(startsMs.sort((one, other) => one - other)[KILLS / 2] ?? 0)} ms (median), ${Math.round(slowest)} ms (most)`,
  )
  expect(slowest).toBeLessThan(5000)
  rmSync(trimtab.folder, { recursive: true, force: true })
  await mock.close()
}, 120_000)

/** Callers ask again and again, every other one for a stream, until nobody answers. */
async function killUnderLoad(trimtab: Trimtab, round: number): Promise<void> {
  let answers = 0
  let enough: (() => void) | undefined
  const isBusy = new Promise<void>((resolve) => {
    enough = resolve
  })
  const call = async (caller: number) => {
    for (let turn = 0; ; turn++) {
      const stream = (caller + turn) % 2 === 0
      const user = `${round}-${caller}-${turn}`
      const heard = await ask(trimtab.origin, chat(stream ? 'paced-10-10' : 'gpt-4o-mini', { stream, user }))
      if (heard.end === 'broken') return
      if (++answers === CALLERS + 10 * round) enough?.()
    }
  }
  const callers = Array.from({ length: CALLERS }, (_, caller) => call(caller))
  await isBusy
  await trimtab.kill()
  await Promise.all(callers)
}
