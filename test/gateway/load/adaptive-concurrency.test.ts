/** How many requests a replica is asked at once follows how many it answers without making them wait, at a real socket. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, chat } from '../../support/ask.ts'
import type { Fault } from '../../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../../support/mock-provider/seen-request.ts'
import { readMetrics } from '../../support/read-metrics.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

/** Long beside what a busy machine adds to it. */
const ANSWER_MS = 200
const AT_ONCE = 24

let mock: MockProvider
let trimtab: Inside

beforeAll(async () => {
  mock = await startMockProvider({ keep: 200 })
  trimtab = await startInside({
    config: `
default_provider: one
providers: { one: { dialect: openai, base_url: "${mock.url}", max_queued: 100, breaker: off } }
`,
    policies: { 'default.yaml': 'limits: { retries: 0, timeout: 60s, concurrency: adaptive }' },
  })
})

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

/** Answers `slots` of them in time, and all more slowly, the more there are: as a server does that batches. */
function takes(slots: number): (seen: SeenRequest) => Fault {
  return () => {
    const open = 1 + mock.requests.filter(({ end }) => end === 'open').length
    return { kind: 'delay', ms: ANSWER_MS * Math.max(1, open / slots) }
  }
}

async function limit(): Promise<number> {
  const found = (await readMetrics(trimtab.origin)).get('trimtab_replica_concurrency_limit')?.samples
  return found?.[0]?.value ?? Number.NaN
}

async function askMany(count: number): Promise<void> {
  let left = count
  const caller = async (): Promise<void> => {
    while (left-- > 0) expect((await ask(trimtab.origin, chat('one/m', { stream: true }))).status).toBe(200)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, caller))
}

/** The load goes on until the limit is as it should be. */
async function becomes(isIt: (limit: number) => boolean): Promise<number> {
  let found = Number.NaN
  await expect
    .poll(
      async () => {
        await askMany(2 * AT_ONCE)
        found = await limit()
        return isIt(found)
      },
      { timeout: 60_000, interval: 1 },
    )
    .toBe(true)
  return found
}

it('rises while answers come as fast, falls once first chunks wait, and recovers', async () => {
  mock.script(takes(AT_ONCE))
  const wide = await becomes((found) => found >= 12)
  mock.script(takes(2))
  const narrow = await becomes((found) => found <= wide / 2)
  let most = 0
  const rule = takes(2)
  mock.script((seen) => {
    most = Math.max(most, 1 + mock.requests.filter(({ end }) => end === 'open').length)
    return rule(seen)
  })
  await askMany(AT_ONCE)
  // The rest wait here.
  expect(most).toBeLessThanOrEqual(narrow + 2)
  mock.script(takes(AT_ONCE))
  await becomes((found) => found >= narrow + 4)
}, 180_000)
