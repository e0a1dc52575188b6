/** Who waits for a replica that is left out is served once it may be asked again, though no slot of the others came free. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ask, chat, type Heard, startAsking } from '../../support/ask.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import { sampleSum } from '../../support/prometheus-text.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let busy: MockProvider
let unwell: MockProvider
let trimtab: Inside

beforeEach(async () => {
  busy = await startMockProvider()
  unwell = await startMockProvider()
  busy.script(() => ({ kind: 'hold' }))
  trimtab = await startInside({
    config: `
default_provider: pair
providers:
  pair: { dialect: openai, replicas: ["${busy.url}", "${unwell.url}"], max_in_flight: 2 }
`,
    policies: {
      'default.yaml': 'limits: { retries: 3, timeout: 60s }',
      'once.yaml': 'limits: { retries: 0, timeout: 60s }',
    },
  })
})

afterEach(async () => {
  await trimtab.stop()
  await busy.close()
  await unwell.close()
})

function asked(workflow = 'default'): Promise<Heard> {
  return ask(trimtab.origin, chat('pair/m'), { headers: { 'x-trimtab-workflow': workflow } })
}

async function queuedAre(count: number): Promise<void> {
  await expect
    .poll(async () => sampleSum(await readMetrics(trimtab.origin), 'trimtab_provider_queued', {}), {
      interval: 5,
      timeout: 10_000,
    })
    .toBe(count)
}

/** Both slots of the busy one are taken, and the other one is left out: by its own wish, or for its faults. */
async function occupied(
  fault: { kind: 'rate_limited'; seconds: number } | { kind: 'status'; status: number },
) {
  unwell.script(() => fault)
  const held = [asked(), asked()]
  await busy.until(() => busy.count === 2)
  return held
}

it('after a pause that its provider wished for', async () => {
  const held = await occupied({ kind: 'rate_limited', seconds: 1 })
  const waiting = asked()
  await expect.poll(() => unwell.count, { timeout: 10_000, interval: 5 }).toBeGreaterThan(0)
  await queuedAre(1)
  unwell.script([])
  expect((await waiting).status).toBe(200)
  expect(busy.requests.map(({ end }) => end)).toEqual(['open', 'open'])
  busy.script([])
  busy.release()
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200])
}, 30_000)

it('once a breaker lets a probe through, and at the first chunk of one that goes well', async () => {
  await occupied({ kind: 'status', status: 500 })
  while (unwell.count < 10) expect((await asked('once')).status).toBe(502)
  // What answers from now on comes to no end, so that no slot is given back.
  unwell.script(() => ({ kind: 'stall_mid' }))
  const streams = [1, 2].map(() => startAsking(trimtab.origin, chat('pair/m', { stream: true })))
  await unwell.until(() => unwell.count === 12, 30_000)
  for (const { end } of [...busy.requests, ...unwell.requests.slice(10)]) expect(end).toBe('open')
  for (const stream of streams) stream.leave()
}, 60_000)
