/** Requests in flight to a replica stay within their bound, in order of arrival, whatever callers do. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, chat, startAsking } from '../support/ask.ts'
import { settledLedger } from '../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

const SLOTS = 4

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `providers: { mock: { dialect: openai, base_url: "${mock.url}", max_in_flight: ${SLOTS} } }`,
    policies: { 'default.yaml': 'limits: { retries: 1, timeout: 20s }' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

it('never has more requests under way than a replica takes, and serves first who came first', async () => {
  let most = 0
  mock.script(() => {
    most = Math.max(most, mock.requests.filter(({ end }) => end === 'open').length + 1)
    return { kind: 'delay', ms: 5 }
  })
  const users = Array.from({ length: 40 }, (_, index) => `in-order-${index}`)
  const asked: Promise<unknown>[] = []
  for (const user of users) {
    asked.push(ask(trimtab.origin, chat('m', { user })))
    // Apart, so that they arrive in this order.
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(asked)
  expect(most).toBeLessThanOrEqual(SLOTS)
  expect(mock.requests.map(({ body }) => body?.user)).toEqual(users)
})

it('loses no slot to callers that leave, nor to faults of any kind', async () => {
  const faults = ['none', 'reset', 'error_event', 'truncated_json', 'no_finish'] as const
  mock.script(({ number }) => ({ kind: faults[number % faults.length] ?? 'none' }))
  const random = randomFrom(1)
  await Promise.all(
    Array.from({ length: 300 }, async (_, index) => {
      const stream = index % 2 === 0
      await new Promise((resolve) => setTimeout(resolve, random() * 500))
      const asking = startAsking(trimtab.origin, chat(stream ? 'paced-4-5' : 'm', { stream, user: 'leaver' }))
      if (index % 3 !== 0) setTimeout(() => asking.leave(), random() * 300)
      await asking.heard
    }),
  )
  mock.script(() => ({ kind: 'hold' }))
  const before = mock.count
  const heards = Array.from({ length: SLOTS + 1 }, () => ask(trimtab.origin, chat('m', { user: 'after' })))
  // All slots are free again, and no more than those.
  await mock.until(() => mock.count === before + SLOTS)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(mock.count).toBe(before + SLOTS)
  mock.script([])
  mock.release()
  expect((await Promise.all(heards)).map(({ status }) => status)).toEqual(heards.map(() => 200))
  const rows = await settledLedger(trimtab.ledgerFile)
  const attempts = rows.flatMap((row) => row.attempts)
  expect(attempts.length).toBeGreaterThanOrEqual(mock.count)
  expect(rows.filter(({ status }) => status === 499).length).toBeGreaterThan(0)
  expect(trimtab.warnings).toEqual([])
})

/** The same numbers in [0, 1) every time. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
