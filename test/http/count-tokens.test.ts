/** `/v1/messages/count_tokens` is limited, watched and handed on like other calls, and leaves no row. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EndedAttempt, EndedRequest, Observer, RefusedRequest } from '../../src/gateway/observer.ts'
import { sha256 } from '../access/memory-keys.ts'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { parseMetrics, sampleSum } from '../support/prometheus-text.ts'
import { type InMemoryApp, inMemoryApp } from './in-memory-app.ts'

const BODY = { model: 'claude-x', messages: [{ role: 'user', content: 'Which way does the rudder turn?' }] }

let mock: MockProvider
let spare: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
  spare = await startMockProvider()
})

afterAll(async () => {
  await mock.close()
  await spare.close()
})

describe('POST /v1/messages/count_tokens', () => {
  it('is told to whoever watches, counted in the metrics, and not in the ledger', async () => {
    const seen = watcher()
    const world = inMemoryApp(config(mock.url), {}, { observers: [seen] })
    expect((await count(world)).status).toBe(200)
    expect((await count(world, 'no JSON')).status).toBe(400)
    expect(seen.requests).toMatchObject([
      { endpoint: 'messages/count_tokens', status: 200, error: undefined, attempts: 1, costNanoUsd: 0 },
    ])
    expect(seen.attempts).toMatchObject([{ provider: 'claude', outcome: 'answered', status: 200 }])
    expect(seen.refused).toMatchObject([{ endpoint: 'messages/count_tokens', status: 400 }])
    const text = await (await world.app.request('http://localhost/metrics', { headers: local })).text()
    const labels = { endpoint: 'messages/count_tokens' }
    expect(sampleSum(parseMetrics(text), 'trimtab_requests_total', labels)).toBe(2)
    expect(await world.ledger.requests({ since: 0, limit: 9 })).toEqual([])
  })

  it('counts against the requests of a key, says what is left, and is refused beyond', async () => {
    const world = inMemoryApp(`access: { mode: keys }\n${config(mock.url)}`)
    const headers = { 'x-api-key': await limitedKey(world) }
    const first = await count(world, JSON.stringify(BODY), headers)
    expect([first.status, first.headers.get('x-ratelimit-remaining-requests')]).toEqual([200, '0'])
    const before = mock.count
    const refused = await count(world, JSON.stringify(BODY), headers)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20)
    expect(await refused.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
    expect(mock.count).toBe(before)
  })

  it('falls over to the next target of its policy, and to an estimate where that does not count', async () => {
    const dead = await closedPortUrl()
    const world = inMemoryApp(
      `providers:
  one: { dialect: anthropic, base_url: "${dead}", api_key: k }
  two: { dialect: anthropic, base_url: "${mock.url}", api_key: k }
  three: { base_url: "${spare.url}" }`,
      { 'default.yaml': policy('one/claude-x', 'two/claude-x') },
    )
    const before = mock.count
    expect(await (await count(world)).json()).toEqual({ input_tokens: expect.any(Number) })
    expect(mock.count).toBe(before + 1)
    mock.script([{ kind: 'status', status: 503 }])
    const estimating = inMemoryApp(
      `providers:
  two: { dialect: anthropic, base_url: "${mock.url}", api_key: k }
  three: { base_url: "${spare.url}" }`,
      { 'default.yaml': policy('two/claude-x', 'three/m') },
    )
    const estimated = await count(estimating)
    expect([estimated.status, mock.count, spare.count]).toEqual([200, before + 2, 0])
  })

  it('tells a refusal of the last target', async () => {
    const world = inMemoryApp(config(mock.url))
    mock.script([{ kind: 'status', status: 503 }])
    const heard = await count(world)
    expect([heard.status, (await heard.json()).type]).toEqual([502, 'error'])
    mock.script([{ kind: 'status', status: 400, message: 'no such role' }])
    const refused = await count(world)
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('no such role')])
  })
})

const local = { host: 'localhost' }

function config(url: string): string {
  return `providers: { claude: { dialect: anthropic, base_url: "${url}", api_key: k } }\n`
}

function policy(...targets: string[]): string {
  return `workflow: default
tiers: { all: { use: [${targets.join(', ')}] } }
route: { mode: on, rules: [{ name: any, to: all }] }
`
}

async function count(world: InMemoryApp, body = JSON.stringify(BODY), headers = {}): Promise<Response> {
  return world.app.request('http://localhost/v1/messages/count_tokens', {
    method: 'POST',
    body,
    headers: { ...local, 'content-type': 'application/json', ...headers },
  })
}

async function limitedKey({ keys }: InMemoryApp): Promise<string> {
  const text = `tt_0000000001_${'0'.repeat(40)}`
  await keys.create({
    id: '0000000001',
    digest: sha256(text),
    name: 'counted',
    tenant: 'counted',
    team: undefined,
    models: undefined,
    workflows: undefined,
    requestsPerMinute: 1,
    tokensPerMinute: undefined,
    createdAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
  })
  return text
}

function watcher(): Observer & {
  requests: EndedRequest[]
  attempts: EndedAttempt[]
  refused: RefusedRequest[]
} {
  const requests: EndedRequest[] = []
  const attempts: EndedAttempt[] = []
  const refused: RefusedRequest[] = []
  return {
    requests,
    attempts,
    refused,
    requestBegan: () => {},
    attemptEnded: (attempt) => void attempts.push(attempt),
    requestEnded: (request) => void requests.push(request),
    requestRefused: (request) => void refused.push(request),
  }
}
