/** A replica that a reload took away and another brings back begins afresh: nothing of what was known of it is left. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, chat } from '../../support/ask.ts'
import type { MockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import type { Inside } from '../../support/start-inside.ts'
import { type Pair, startPair, urlsOf } from '../../support/start-pair.ts'
import { recorded } from '../escalation-setup.ts'

let pair: Pair
let one: MockProvider
let other: MockProvider
let trimtab: Inside

beforeEach(async () => {
  pair = await startPair((...both) => configured(both), {
    'default.yaml': 'cache: { exact: { mode: off } }\nlimits: { retries: 0 }',
  })
  ;({ one, other, trimtab } = pair)
})

afterEach(() => pair.stop())

function configured(replicas: readonly MockProvider[]): string {
  return `providers:\n  gpu: { dialect: openai, max_in_flight: 4, replicas: [${urlsOf(replicas)}] }\n`
}

function reloaded(replicas: readonly MockProvider[]): Promise<void> {
  return pair.reload(configured(replicas))
}

const prompt = chat('gpu/m', {
  stream: true,
  messages: [{ role: 'user', content: 'a buoy in the fog '.repeat(500) }],
})

/** Expected cached tokens of the replica that answered. */
async function cachedTokens(user: string): Promise<number | undefined> {
  const { headers } = await ask(trimtab.origin, { ...prompt, user })
  const { decision } = await recorded(trimtab, headers['x-trimtab-request-id'])
  return decision.attempts[0]?.chosen?.cachedTokens
}

async function leftOut(): Promise<number> {
  return sampleSum(await readMetrics(trimtab.origin), 'trimtab_replica_left_out', { provider: 'gpu' })
}

it('of its prefix cache', async () => {
  expect(await cachedTokens('first')).toBe(0)
  expect(await cachedTokens('again')).toBeGreaterThan(1000)
  const [holds, holdsNot] = one.count > 0 ? [one, other] : [other, one]
  await reloaded([holdsNot])
  await reloaded([one, other])
  expect(holds.count).toBe(2)
  expect(await cachedTokens('afresh')).toBe(0)
})

it('of its pause', async () => {
  one.script(() => ({ kind: 'status', status: 429, headers: { 'retry-after': '600' } }))
  for (let asked = 0; asked < 10 && one.count === 0; asked++) await ask(trimtab.origin, chat('gpu/m'))
  expect(await leftOut()).toBe(1)
  await reloaded([other])
  await reloaded([one, other])
  expect(await leftOut()).toBe(0)
})

it('of what is under way, once that has ended', async () => {
  one.script(() => ({ kind: 'hold' }))
  other.script(() => ({ kind: 'hold' }))
  const asked = ask(trimtab.origin, chat('gpu/m'))
  await expect.poll(() => one.count + other.count, { timeout: 10_000 }).toBe(1)
  const [busy, idle] = one.count > 0 ? [one, other] : [other, one]
  await reloaded([idle])
  busy.release()
  expect((await asked).status).toBe(200)
  await reloaded([one, other])
  expect(sampleSum(await readMetrics(trimtab.origin), 'trimtab_replica_in_flight', {})).toBe(0)
})
