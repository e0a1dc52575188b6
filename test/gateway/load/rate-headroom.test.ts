/** A request that would exceed what a provider says is left goes to another account or target, or waits, and collects no 429. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ask, chat } from '../../support/ask.ts'
import type { Fault } from '../../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside
/** By account, as OpenAI keeps them: what is left refills evenly. */
const buckets = new Map<string, { level: number; atMs: number }>()
const LIMIT = 3
const REFILL_MS = 3000
let refusals = 0

beforeAll(async () => {
  mock = await startMockProvider()
  mock.script(limited)
  const provider = (name: string, more: string) =>
    `  ${name}: { dialect: openai, base_url: "${mock.url}", ${more} }`
  trimtab = await startInside({
    config: [
      'providers:',
      provider('two', 'accounts: [{ name: a, api_key: sk-a }, { name: b, api_key: sk-b }]'),
      provider('one', 'api_key: sk-one'),
      provider('spare', 'api_key: sk-spare'),
      provider('far', 'accounts: [{ name: near, api_key: sk-near }, { name: far, api_key: sk-far }]'),
    ].join('\n'),
    policies: {
      'default.yaml': 'limits: { retries: 0 }\nfallback: { on: [] }',
      'both.yaml': 'tiers: { all: { use: [one/m, spare/m] } }\nroute: [{ to: all }]\nlimits: { retries: 0 }',
      'usage.yaml': 'tiers: { all: { use: far/m, strategy: usage } }\nroute: [{ to: all }]',
    },
  })
})

beforeEach(() => {
  buckets.clear()
  refusals = 0
})

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

/** Answers with what is left, or refuses. */
function limited({ headers }: SeenRequest): Fault {
  const account = String(headers.authorization)
  if (account === 'Bearer sk-near') return answered({ limit: 1000, remaining: 300, resetMs: 3_600_000 })
  if (account === 'Bearer sk-far') return answered({ limit: 1000, remaining: 900, resetMs: 3_600_000 })
  const nowMs = Date.now()
  const { level, atMs } = buckets.get(account) ?? { level: LIMIT, atMs: nowMs }
  const now = Math.min(LIMIT, level + ((nowMs - atMs) * LIMIT) / REFILL_MS)
  if (now < 1) refusals++
  if (now < 1) return { kind: 'status', status: 429 }
  buckets.set(account, { level: now - 1, atMs: nowMs })
  const resetMs = Math.ceil(((LIMIT - now + 1) * REFILL_MS) / LIMIT)
  return answered({ limit: LIMIT, remaining: Math.floor(now - 1), resetMs })
}

function answered({ limit, remaining, resetMs }: Record<'limit' | 'remaining' | 'resetMs', number>): Fault {
  return {
    kind: 'replay',
    bytes: Buffer.from(ANSWER),
    at: [],
    contentType: 'application/json',
    headers: {
      'x-ratelimit-limit-requests': String(limit),
      'x-ratelimit-remaining-requests': String(remaining),
      'x-ratelimit-reset-requests': `${resetMs}ms`,
    },
  }
}

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'To port.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
})

it('uses up one account after the other, and then waits rather than collect a 429', async () => {
  const before = mock.count
  for (let times = 0; times < 10; times++) expect((await ask(trimtab.origin, chat('two/m'))).status).toBe(200)
  expect(mock.count).toBe(before + 10)
  expect(refusals).toBe(0)
  const asked = mock.requests.slice(before).map(({ headers }) => headers.authorization)
  expect(new Set(asked)).toEqual(new Set(['Bearer sk-a', 'Bearer sk-b']))
}, 30_000)

it('goes to another target while the first has none left', async () => {
  const models: unknown[] = []
  for (let times = 0; times < 5; times++) {
    const heard = await ask(trimtab.origin, chat('auto'), { headers: { 'x-trimtab-workflow': 'both' } })
    expect(heard.status).toBe(200)
    models.push(heard.headers['x-trimtab-model'])
  }
  expect(refusals).toBe(0)
  expect(models.slice(0, 3)).toEqual(['one/m', 'one/m', 'one/m'])
  expect(models.slice(3)).toContain('spare/m')
})

it('usage: asks the account that is farthest from its limits, once both have told', async () => {
  const before = mock.count
  for (let times = 0; times < 12; times++) expect((await ask(trimtab.origin, chat('usage'))).status).toBe(200)
  const asked = mock.requests.slice(before).map(({ headers }) => headers.authorization)
  expect(new Set(asked.slice(0, 2))).toEqual(new Set(['Bearer sk-near', 'Bearer sk-far']))
  expect(new Set(asked.slice(2))).toEqual(new Set(['Bearer sk-far']))
}, 30_000)
