/** Requests in flight to a replica stay within their bound, in order of arrival, whatever callers do. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, chat, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

const SLOTS = 4

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: mock
providers:
  mock: { dialect: openai, base_url: "${mock.url}", max_in_flight: ${SLOTS} }
  single: { dialect: openai, base_url: "${mock.url}", max_in_flight: 1 }
`,
    policies: { 'default.yaml': 'limits: { retries: 1, timeout: 20s }' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await mock.close()
})

it('never has more requests under way than a replica takes, and answers all', async () => {
  let most = 0
  mock.script(() => {
    most = Math.max(most, mock.requests.filter(({ end }) => end === 'open').length + 1)
    return { kind: 'delay', ms: 5 }
  })
  const before = mock.count
  const heards = await Promise.all(Array.from({ length: 40 }, () => ask(trimtab.origin, chat('mock/m'))))
  expect(heards.map(({ status }) => status)).toEqual(heards.map(() => 200))
  expect(mock.count).toBe(before + heards.length)
  expect(most).toBeLessThanOrEqual(SLOTS)
})

it('serves first who came first', async () => {
  mock.script([])
  const users = Array.from({ length: 7 }, (_, index) => `in-order-${index}`)
  const before = mock.count
  // One connection keeps them in this order, and one slot shows it to the provider.
  const answers = await pipelined(users.map((user) => chat('single/m', { user })))
  expect(answers.match(/HTTP\/1\.1 200 /g)).toHaveLength(users.length)
  expect(mock.requests.slice(before).map(({ body }) => body?.user)).toEqual(users)
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

/** Sends every request before the first is answered; resolves with all that came back. */
function pipelined(bodies: readonly unknown[]): Promise<string> {
  const requests = bodies.map((body, index) => {
    const text = JSON.stringify(body)
    const connection = index === bodies.length - 1 ? 'close' : 'keep-alive'
    return `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: ${connection}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  })
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect(Number(new URL(trimtab.origin).port), '127.0.0.1', () =>
      socket.write(requests.join('')),
    )
    socket.on('data', (piece) => {
      heard += piece.toString()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(heard))
  })
}

/** The same numbers in [0, 1) every time. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
