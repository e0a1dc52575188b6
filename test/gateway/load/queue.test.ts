/** One queue before all replicas of a provider: bounded, told, and served by whichever is free first. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask, chat, errorOf } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { parseMetrics, sampleSum } from '../../support/prometheus-text.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

const NO_BODY = { 'content-type': undefined, 'content-length': undefined }

let one: MockProvider
let other: MockProvider
let trimtab: Inside

beforeAll(async () => {
  one = await startMockProvider()
  other = await startMockProvider()
  trimtab = await startInside({
    config: `
default_provider: pair
providers:
  pair: { dialect: openai, replicas: ["${one.url}", "${other.url}"], max_in_flight: 1 }
  brief: { dialect: openai, base_url: "${one.url}", max_in_flight: 1, max_queued: 1 }
`,
    policies: { 'default.yaml': 'limits: { retries: 0, timeout: 20s }' },
  })
})

afterAll(async () => {
  await trimtab.stop()
  await one.close()
  await other.close()
})

it('a request that waits goes to the replica that is free first', async () => {
  one.script(() => ({ kind: 'hold' }))
  other.script([])
  const asked = Array.from({ length: 6 }, (_, index) =>
    ask(trimtab.origin, chat('pair/m', { user: `w${index}` })),
  )
  // One of them is held; all others are answered by the other replica, those that came while it was busy too.
  await other.until(() => other.count === 5)
  expect(one.count).toBe(1)
  one.release()
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200))
  await settledLedger(trimtab.ledgerFile)
  const waits = await waitsOf()
  expect(waits.filter((ms) => ms !== undefined).length).toBe(4)
})

it('refuses who comes to a full queue, says when to come again, and counts', async () => {
  const before = one.count
  one.script(() => ({ kind: 'hold' }))
  const first = ask(trimtab.origin, chat('brief/m', { user: 'q1' }))
  await one.until(() => one.count === before + 1)
  const second = ask(trimtab.origin, chat('brief/m', { user: 'q2' }))
  await expect.poll(async () => sampleOf(await metrics(), 'trimtab_provider_queued', 'brief')).toBe(1)
  const third = await ask(trimtab.origin, chat('brief/m', { user: 'q3' }))
  expect([third.status, errorOf(third).code, third.headers['retry-after']]).toEqual([503, 'overloaded', '5'])
  one.script([])
  one.release()
  expect([(await first).status, (await second).status]).toEqual([200, 200])
  const told = await metrics()
  expect(sampleOf(told, 'trimtab_provider_queued', 'brief')).toBe(0)
  expect(sampleOf(told, 'trimtab_queue_wait_seconds_count', 'brief')).toBe(2)
  expect(sampleOf(told, 'trimtab_queue_wait_seconds_sum', 'brief')).toBeGreaterThan(0)
})

function sampleOf(metrics: ReturnType<typeof parseMetrics>, name: string, provider: string): number {
  return sampleSum(metrics, name, { provider })
}

async function metrics(): Promise<ReturnType<typeof parseMetrics>> {
  const { text } = await ask(trimtab.origin, new Uint8Array(), {
    path: '/metrics',
    method: 'GET',
    headers: NO_BODY,
  })
  return parseMetrics(text)
}

async function waitsOf(): Promise<(number | undefined)[]> {
  const { reader, close } = openLedgerReader(trimtab.ledgerFile)
  try {
    const requests = await reader.requests({ since: 0, limit: 6 })
    const details = await Promise.all(requests.map(({ id }) => reader.request(id)))
    return details.map((detail) => detail?.decision?.attempts[0]?.waitedMs)
  } finally {
    close()
  }
}
