/** Prefixes are asked for once more before their provider lets them go, where that pays: a provider that really keeps them shows what came of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PromptComparer } from '../../../src/metering/prefix/compare-prompts.ts'
import type { PromptWatch, WarmedPrefix } from '../../../src/metering/prefix/prompt-watch.ts'
import { ReuseTimes, reuseBound } from '../../../src/metering/prefix/reuse-times.ts'
import { type InMemoryApp, inMemoryApp } from '../../http/in-memory-app.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'

const MINUTE_MS = 60_000
const STEP_MS = 15_000
const RULES = Array.from({ length: 1500 }, (_, index) => `rule${(index * 7919) % 997}`).join(' ')
/** Of the model below, in nano-dollars a token. */
const READ = 300
const WRITTEN = 3750

let nowMs: number
let mock: MockProvider
let installation: InMemoryApp
let warmed: WarmedPrefix[]
let asked: number

beforeEach(async () => {
  nowMs = Date.parse('2026-11-25T12:00:00Z')
  warmed = []
  asked = 0
  mock = await startMockProvider({ promptCacheClock: () => nowMs })
  installation = start()
})

afterEach(async () => {
  await installation.drain(1000)
  await mock.close()
})

function start(): InMemoryApp {
  const price = '{ input: 3, cache_read: 0.3, cache_write_5m: 3.75, output: 15 }'
  return inMemoryApp(
    `
providers:
  anthropic: { dialect: anthropic, base_url: "${mock.url}", api_key: key }
  callers: { dialect: anthropic, base_url: "${mock.url}", api_key: client }
prices: { overrides: { anthropic/claude-sonnet-5-5: ${price}, callers/claude-sonnet-5-5: ${price} } }
`,
    {
      'warm.yaml': 'prefix: { mode: explicit, keep_warm: on }',
      'cold.yaml': 'prefix: explicit',
    },
    { now: () => nowMs, promptWatch: watch() },
  )
}

/** What the ledger's thread does, in this one. */
function watch(): PromptWatch {
  const comparer = new PromptComparer(Math.random)
  const reuse = new Map<string, ReuseTimes>()
  return {
    answered(prompt) {
      const found = comparer.compare(prompt)
      if (found === undefined) return
      const times = reuse.get(prompt.workflow) ?? new ReuseTimes()
      reuse.set(prompt.workflow, times)
      times.add(found.reuseMs === undefined ? 0 : reuseBound(found.reuseMs))
    },
    warmed: (event) => void warmed.push(event),
    reuse: (workflow) => reuse.get(workflow),
  }
}

async function ask(workflow: string, { provider = 'anthropic', system = RULES } = {}) {
  const response = await installation.app.request('/v1/messages', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'key', 'x-trimtab-workflow': workflow },
    body: JSON.stringify({
      model: `${provider}/claude-sonnet-5-5`,
      max_tokens: 20,
      system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: `Question ${asked++}` }],
    }),
  })
  expect(response.status, await response.clone().text()).toBe(200)
  await response.text()
  const { counted } = mock.requests.at(-1) ?? {}
  if (counted === undefined) throw new Error('the provider was not asked')
  return counted
}

/** Time passes, and what is due is asked for. */
async function pass(ms: number): Promise<void> {
  for (const until = nowMs + ms; nowMs < until; ) {
    nowMs = Math.min(until, nowMs + STEP_MS)
    await installation.keepWarm()
  }
}

/** So many questions, seven minutes apart: two beyond what Anthropic keeps. */
async function everySevenMinutes(workflow: string, times: number, options?: Parameters<typeof ask>[1]) {
  for (let time = 0; time < times; time++) {
    await ask(workflow, options)
    await pass(7 * MINUTE_MS)
  }
}

describe('a workflow that comes back after its prefix is gone', () => {
  test('has it kept once that is known, for less than it costs to write it again', async () => {
    await everySevenMinutes('warm', 21)
    // Not before there is something to tell it by.
    expect(mock.requests.filter(isRefresh).length).toBeLessThanOrEqual(1)
    const counted = await ask('warm')
    expect(counted).toMatchObject({ cache_write_5m: 0 })
    expect(counted.cache_read).toBeGreaterThan(1024)
    await pass(7 * MINUTE_MS)
    await ask('warm')
    const refreshes = mock.requests.filter(isRefresh)
    expect(refreshes).toHaveLength(2)
    expect(refreshes[0]?.counted).toMatchObject({
      cache_read: counted.cache_read,
      cache_write_5m: 0,
      output: 1,
    })
    const spent = warmed.flatMap(({ costNanoUsd }) => costNanoUsd ?? [])
    const spared = warmed.flatMap(({ sparedNanoUsd }) => sparedNanoUsd ?? [])
    expect([spent.length, spared.length]).toEqual([2, 2])
    expect(spared[0]).toBeGreaterThan(0.9 * counted.cache_read * (WRITTEN - READ))
    expect(spared[0]).toBeLessThanOrEqual(counted.cache_read * (WRITTEN - READ))
    expect(spent[0]).toBeLessThan((spared[0] ?? 0) / 5)
  })

  test('has all of them kept, though more are due at once than are asked for at once', async () => {
    await everySevenMinutes('warm', 21)
    const before = mock.requests.length
    const systems = Array.from({ length: 12 }, (_, index) => `Tenant ${index}. ${RULES}`)
    for (const system of systems) await ask('warm', { system })
    await pass(5 * MINUTE_MS)
    const kept = mock.requests.slice(before).filter(isRefresh)
    const heads = new Set(kept.map(({ body }) => JSON.stringify(body?.system).slice(0, 60)))
    expect(heads.size).toBeGreaterThanOrEqual(systems.length)
  })

  test('has what that cost in the ledger, under itself, as overhead', async () => {
    await everySevenMinutes('warm', 21)
    await ask('warm')
    const { requests } = await installation.ledger.requests({ since: 0, limit: 100 }).then((all) => ({
      requests: all.filter(({ cache }) => cache === 'audit'),
    }))
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ workflow: 'warm', status: 200 })
    const [row] = (
      await installation.ledger.report({ since: 0, until: nowMs + 1, timeZone: 'UTC', by: ['workflow'] })
    ).rows
    expect(row?.overhead_usd).toBeCloseTo((warmed[0]?.costNanoUsd ?? 0) / 1e9, 12)
    const detail = await installation.ledger.request(requests[0]?.id ?? '')
    expect(JSON.stringify(detail?.decision)).toContain('keeps the prefix warm of')
  })

  test('is given up where nobody comes any more', async () => {
    await everySevenMinutes('warm', 22)
    const before = mock.requests.filter(isRefresh).length
    await pass(180 * MINUTE_MS)
    expect(mock.requests.filter(isRefresh).length).toBe(before)
  })

  test('is left alone where its policy does not say so, or the key is the caller’s own', async () => {
    await everySevenMinutes('cold', 23)
    await everySevenMinutes('warm', 23, { provider: 'callers' })
    expect(mock.requests.filter(isRefresh)).toEqual([])
    expect(warmed).toEqual([])
  })
})

test('a workflow that always comes back in time is left alone, and so is one that never does', async () => {
  for (let time = 0; time < 25; time++) {
    await ask('warm')
    await pass(MINUTE_MS)
  }
  await pass(60 * MINUTE_MS)
  for (let time = 0; time < 25; time++) {
    await ask('warm', { system: `${time} ${RULES}` })
    await pass(7 * MINUTE_MS)
  }
  expect(mock.requests.filter(isRefresh)).toEqual([])
})

function isRefresh({ body }: { body: unknown }): boolean {
  return (body as { max_tokens?: number }).max_tokens === 1
}
