/** One queue before all replicas of a provider: bounded, told, and served by whichever is free first. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLedgerReader } from '../../../src/platform/node/node-ledger.ts'
import { ask, chat, errorOf, startAsking } from '../../support/ask.ts'
import { settledLedger } from '../../support/ledger-file.ts'
import type { MockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import type { Inside } from '../../support/start-inside.ts'
import { type Pair, startPair } from '../../support/start-pair.ts'

let pair: Pair
let one: MockProvider
let other: MockProvider
let trimtab: Inside

beforeAll(async () => {
  pair = await startPair(
    (first, second) => `
default_provider: pair
providers:
  pair: { dialect: openai, replicas: ["${first.url}", "${second.url}"], max_in_flight: 1 }
  brief: { dialect: openai, base_url: "${first.url}", max_in_flight: 1, max_queued: 1 }
  still: { dialect: openai, base_url: "${first.url}", max_in_flight: 1 }
`,
    {
      'default.yaml': 'limits: { retries: 0, timeout: 20s }',
      'hasty.yaml': 'limits: { retries: 0, timeout: 300ms }',
    },
  )
  ;({ one, other, trimtab } = pair)
})

afterAll(() => pair.stop())

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
  await expect.poll(() => told('trimtab_provider_queued')).toBe(1)
  const third = await ask(trimtab.origin, chat('brief/m', { user: 'q3' }))
  expect([third.status, errorOf(third).code, third.headers['retry-after']]).toEqual([503, 'overloaded', '5'])
  one.script([])
  one.release()
  expect([(await first).status, (await second).status]).toEqual([200, 200])
  expect(await told('trimtab_provider_queued')).toBe(0)
  expect(await told('trimtab_queue_wait_seconds_count')).toBe(2)
  expect(await told('trimtab_queue_wait_seconds_sum')).toBeGreaterThan(0)
})

it('counts who waited in vain among those that got no slot, and who left not', async () => {
  const before = one.count
  one.script(() => ({ kind: 'hold' }))
  const holder = ask(trimtab.origin, chat('still/m'))
  await one.until(() => one.count === before + 1)
  const leaver = startAsking(trimtab.origin, chat('still/m'))
  const queued = () => told('trimtab_provider_queued', { provider: 'still' })
  await expect.poll(queued).toBe(1)
  leaver.leave()
  await expect.poll(queued).toBe(0)
  const late = await ask(trimtab.origin, chat('still/m'), { headers: { 'x-trimtab-workflow': 'hasty' } })
  expect([late.status, errorOf(late).code]).toEqual([503, 'overloaded'])
  expect(late.headers['retry-after']).toMatch(/^\d+$/)
  expect(await told('trimtab_queue_refused_total', { provider: 'still' })).toBe(1)
  expect(await told('trimtab_queue_refused_total', { provider: 'still', why: 'late' })).toBe(1)
  one.release()
  expect((await holder).status).toBe(200)
})

async function told(name: string, labels = { provider: 'brief' } as Record<string, string>): Promise<number> {
  return sampleSum(await readMetrics(trimtab.origin), name, labels)
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
