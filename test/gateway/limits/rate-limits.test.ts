/** What a caller with limits gets: answers that say what is left, and a refusal that says whose limit it was. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { KeyRecord } from '../../../src/access/key-store.ts'
import { sha256 } from '../../access/memory-keys.ts'
import { type InMemoryApp, inMemoryApp } from '../../http/in-memory-app.ts'
import { type MockProvider, startMockProvider } from '../../support/mock-provider/mock-provider.ts'

let mock: MockProvider
let trimtab: InMemoryApp
let keys = 0
/** It stands still: what is refilled meanwhile would be as much as a short answer. */
const NOW = Date.now()

beforeAll(async () => {
  mock = await startMockProvider()
})

afterAll(() => mock.close())

beforeEach(() => {
  const config = `
access: { mode: keys, teams: { web: { rpm: 3 }, ops: { tpm: 1000 } } }
providers: { mock: { base_url: "${mock.url}", models: [m] } }
`
  trimtab = inMemoryApp(config, {}, { now: () => NOW })
})

describe('requests a minute', () => {
  it('are counted by key, told with every answer, and refused beyond', async () => {
    const ask = await caller({ requestsPerMinute: 2 })
    const first = await ask()
    expect(first.status).toBe(200)
    expect(ratesOf(first)).toEqual({
      'limit-requests': '2',
      'remaining-requests': '1',
      'reset-requests': expect.stringMatching(/^(30|2\d)s$/),
    })
    await ask()
    const refused = await ask()
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20)
    expect(refused.headers.get('x-should-retry')).toBeNull()
    expect(ratesOf(refused)).toMatchObject({ 'remaining-requests': '0' })
    expect(await refused.json()).toMatchObject({
      error: {
        type: 'rate_limit_error',
        code: 'rate_limited',
        message: expect.stringMatching(
          /^The API key "k\d+" may use 2 requests a minute, and too few are left: repeat in (30|2\d) s\.$/,
        ),
      },
    })
    const requests = await trimtab.ledger.requests({ since: 0, limit: 10 })
    expect(requests.map(({ status }) => status)).toEqual([429, 200, 200])
  })

  it('are counted by team over all its keys, whatever their tenants', async () => {
    const [one, other, stranger] = [
      await caller({ team: 'web' }),
      await caller({ team: 'web' }),
      await caller({}),
    ]
    const before = mock.count
    for (const ask of [one, other, one]) expect((await ask()).status).toBe(200)
    const refused = await other()
    expect(refused.status).toBe(429)
    expect(await refused.text()).toContain('The team \\"web\\" may use 3 requests a minute')
    expect((await stranger()).status).toBe(200)
    expect(mock.count).toBe(before + 4)
  })

  it('are spent by exact repeats too', async () => {
    const ask = await caller({ requestsPerMinute: 2, tokensPerMinute: 10_000 })
    await ask({ temperature: 0 })
    const repeat = await ask({ temperature: 0 })
    expect(repeat.headers.get('cache-status')).toContain('hit')
    expect(ratesOf(repeat)).toMatchObject({ 'remaining-requests': '0' })
    expect((await ask({ temperature: 0 })).status).toBe(429)
  })
})

describe('tokens a minute', () => {
  it('are estimated before, and settled to what the provider counted', async () => {
    const ask = await caller({ tokensPerMinute: 10_000 })
    const answer = await ask({ max_tokens: 9000 })
    const { usage } = (await answer.json()) as { usage: { total_tokens: number } }
    // Told before the end of the answer is settled.
    expect(Number(ratesOf(answer)['remaining-tokens'])).toBeLessThan(5000)
    const next = await ask({ max_tokens: 1 })
    const left = Number(ratesOf(next)['remaining-tokens'])
    expect(left).toBeLessThan(10_000 - usage.total_tokens)
    expect(left).toBeGreaterThan(9500)
  })

  it('are refused before any call, by what the caller lets the answer become', async () => {
    const ask = await caller({ team: 'ops' })
    const busy = ask({ model: 'paced-4-50', stream: true, max_tokens: 900 })
    const stream = await busy
    const before = mock.count
    const refused = await ask({ max_tokens: 900 })
    expect(refused.status).toBe(429)
    expect(await refused.text()).toMatch(
      /The team \\"ops\\" may use 1000 tokens a minute, and too few are left for the 9\d\d that this request may take: repeat in \d+ s\./,
    )
    expect(mock.count).toBe(before)
    await stream.text()
    expect((await ask({ max_tokens: 900 })).status).toBe(200)
  })

  it('are not needed for an exact repeat', async () => {
    const ask = await caller({ tokensPerMinute: 2000 })
    await ask({ temperature: 0, max_tokens: 100 })
    const busy = await ask({ model: 'paced-4-50', stream: true, max_tokens: 5000 })
    expect(busy.status).toBe(429) // more than a minute's worth waits for a full bucket
    const repeat = await ask({ temperature: 0, max_tokens: 100 })
    expect(repeat.headers.get('cache-status')).toContain('hit')
  })
})

it("passes the provider's own figures to a caller without limits, and not to one with", async () => {
  const rates = { 'x-ratelimit-limit-tokens': '777', 'x-ratelimit-remaining-tokens': '7' }
  const free = await caller({})
  const limited = await caller({ requestsPerMinute: 4 })
  // A refusal is the answer of this mock that can carry headers.
  const refusal = { kind: 'status', status: 400, headers: rates } as const
  mock.script([refusal, refusal])
  expect(ratesOf(await free())).toMatchObject({ 'limit-tokens': '777', 'remaining-tokens': '7' })
  expect(ratesOf(await limited())).toEqual({
    'limit-requests': '4',
    'remaining-requests': '3',
    'reset-requests': expect.stringMatching(/^1\ds$/),
  })
})

type Ask = (more?: Record<string, unknown>) => Promise<Response>

async function caller(more: Partial<KeyRecord>): Promise<Ask> {
  const name = `k${++keys}`
  const id = name.padStart(10, '0')
  const key = `tt_${id}_${'0'.repeat(40)}`
  await trimtab.keys.create({
    id,
    name,
    digest: sha256(key),
    tenant: name,
    team: undefined,
    models: undefined,
    workflows: undefined,
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
    ...more,
  })
  return async (body = {}) =>
    trimtab.app.request('/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }], ...body }),
    })
}

/** Without their common beginning. */
function ratesOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries(
    [...headers]
      .filter(([name]) => name.startsWith('x-ratelimit-'))
      .map(([name, value]) => [name.slice('x-ratelimit-'.length), value]),
  )
}
