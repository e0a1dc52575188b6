/** A request that would exceed what a provider says is left goes to another account or target, or waits, and collects no 429. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ask, chat } from '../support/ask.ts'
import type { Fault } from '../support/mock-provider/fault.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

let mock: MockProvider
let trimtab: Inside
/** By account, as a provider keeps them: requests left until `untilMs`. */
const left = new Map<string, { requests: number; untilMs: number }>()
const WINDOW_MS = 1500

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
    ].join('\n'),
    policies: {
      'default.yaml': 'limits: { retries: 0 }\nfallback: { on: [] }',
      'both.yaml': 'tiers: { all: { use: [one/m, spare/m] } }\nroute: [{ to: all }]\nlimits: { retries: 0 }',
    },
  })
})

beforeEach(() => left.clear())

afterAll(async () => {
  await trimtab?.stop()
  await mock?.close()
})

/** Answers with what is left, or refuses as OpenAI does. */
function limited({ headers }: SeenRequest): Fault {
  const account = String(headers.authorization)
  const nowMs = Date.now()
  const found = left.get(account)
  const allowed =
    found !== undefined && found.untilMs > nowMs ? found : { requests: 3, untilMs: nowMs + WINDOW_MS }
  left.set(account, allowed)
  if (allowed.requests === 0) return { kind: 'status', status: 429 }
  allowed.requests--
  const reset = `${allowed.untilMs - nowMs}ms`
  return {
    kind: 'replay',
    bytes: Buffer.from(ANSWER),
    at: [],
    contentType: 'application/json',
    headers: {
      'x-ratelimit-remaining-requests': String(allowed.requests),
      'x-ratelimit-reset-requests': reset,
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

const keys = (from: number) => mock.requests.slice(from).map(({ headers }) => headers.authorization)

it('uses up one account after the other, and waits for the reset where both are', async () => {
  const before = mock.count
  for (let times = 0; times < 8; times++) expect((await ask(trimtab.origin, chat('two/m'))).status).toBe(200)
  const asked = keys(before)
  expect(asked).toHaveLength(8)
  for (const key of ['Bearer sk-a', 'Bearer sk-b'])
    expect(asked.slice(0, 6).filter((it) => it === key)).toHaveLength(3)
}, 30_000)

it('goes to another target while the first has none left', async () => {
  const models: unknown[] = []
  for (let times = 0; times < 5; times++) {
    const heard = await ask(trimtab.origin, chat('auto'), { headers: { 'x-trimtab-workflow': 'both' } })
    expect(heard.status).toBe(200)
    models.push(heard.headers['x-trimtab-model'])
  }
  expect(models).toEqual(['one/m', 'one/m', 'one/m', 'spare/m', 'spare/m'])
})
