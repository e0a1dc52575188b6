/** Who waits for a slot is served by what its provider has after a reload: more slots, and other replicas, though none came free. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, chat, type Heard } from '../../support/ask.ts'
import type { MockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import type { Inside } from '../../support/start-inside.ts'
import { type Pair, startPair, urlsOf } from '../../support/start-pair.ts'

let pair: Pair
let one: MockProvider
let other: MockProvider
let trimtab: Inside

beforeEach(async () => {
  pair = await startPair((first) => configured([first], '1'), { 'default.yaml': 'limits: { timeout: 60s }' })
  ;({ one, other, trimtab } = pair)
  one.script(() => ({ kind: 'hold' }))
})

afterEach(() => pair.stop())

function configured(replicas: readonly MockProvider[], maxInFlight: string): string {
  return `providers:\n  gpu: { dialect: openai, replicas: [${urlsOf(replicas)}], max_in_flight: ${maxInFlight} }\n`
}

function reloaded(replicas: readonly MockProvider[], maxInFlight: string): Promise<void> {
  return pair.reload(configured(replicas, maxInFlight))
}

/** One of them has the only slot, and the rest wait. */
async function waiting(count: number, body = chat('gpu/m')): Promise<Promise<Heard>[]> {
  const asked = Array.from({ length: count }, () => ask(trimtab.origin, body))
  await expect
    .poll(async () => sampleSum(await readMetrics(trimtab.origin), 'trimtab_provider_queued', {}), {
      interval: 5,
      timeout: 10_000,
    })
    .toBe(count - 1)
  return asked
}

async function statuses(asked: readonly Promise<Heard>[]): Promise<number[]> {
  return (await Promise.all(asked)).map(({ status }) => status)
}

it('of more slots', async () => {
  const asked = await waiting(4)
  await reloaded([one], '3')
  await one.until(() => one.count === 3, 10_000)
  one.script([])
  one.release()
  expect(await statuses(asked)).toEqual([200, 200, 200, 200])
})

it('of another replica, which alone is asked where the first is no more', async () => {
  const asked = await waiting(3)
  await reloaded([other], '1')
  expect(await Promise.race(asked)).toMatchObject({ status: 200 })
  await other.until(() => other.count === 2, 10_000)
  one.release()
  expect(await statuses(asked)).toEqual([200, 200, 200])
  expect(one.count).toBe(1)
})

it('of the lanes that it came by, until they are empty', async () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
  const asked = await waiting(
    3,
    chat('gpu/m', {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, image] }],
    }),
  )
  await reloaded([one, other], '{ text: 1, image: 1 }')
  // In the lane of texts there is room, which would never be counted as theirs: all of them would go at once.
  const told = await readMetrics(trimtab.origin)
  expect(sampleSum(told, 'trimtab_replica_in_flight', { provider: 'gpu' })).toBe(1)
  one.script([])
  one.release()
  expect(await statuses(asked)).toEqual([200, 200, 200])
})
