import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import type { SeenRequest } from '../support/mock-provider/seen-request.ts'
import { ADMIN_KEY, type InMemoryApp, inMemoryApp } from './in-memory-app.ts'

const STREAM = new URL('../fixtures/streams/openai-chat-without-usage.txt', import.meta.url)
const ANSWER = new URL('../fixtures/streams/answers/openai-chat.json', import.meta.url)
const MESSAGES = [{ role: 'user', content: 'How deep is it?' }]

let mock: MockProvider
let world: InMemoryApp

beforeAll(async () => {
  mock = await startMockProvider({ apiKey: 'provider-key' })
  const config = `
default_provider: mock
providers:
  mock: { base_url: "${mock.url}", api_key: provider-key, models: [gpt-4o-mini, gpt-5.5] }
  gone: { base_url: "${await closedPortUrl()}", models: [nobody] }
aliases: { fast: mock/gpt-4o-mini }
prices: { overrides: { mock/gpt-4o-mini: { input: 1, output: 2 } } }
`
  const support = `
tiers:
  first: { use: gone/nobody }
  second: { use: mock/gpt-4o-mini }
route: [{ name: all, to: [first, second] }]
limits: { retries: 0 }
`
  world = inMemoryApp(config, { 'support.yaml': support })
})

afterAll(() => mock.close())

describe('POST /v1/chat/completions', () => {
  test('a whole answer passes byte for byte, as does its request', async () => {
    const bytes = readFileSync(ANSWER)
    mock.script([{ kind: 'replay', bytes, at: [1, 200], contentType: 'application/json' }])
    const body = `{"messages":${JSON.stringify(MESSAGES)}, "x-unknown":1.0e3,"model":"gpt-4o-mini"}`
    const answer = await post('/v1/chat/completions', body)
    expect(answer.status).toBe(200)
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
    expect(Buffer.from(lastSeen().bytes).toString()).toBe(body)
  })

  test('a stream passes byte for byte', async () => {
    const bytes = readFileSync(STREAM)
    mock.script([{ kind: 'replay', bytes, at: [10, 500], contentType: 'text/event-stream' }])
    const answer = await chat({ stream: true })
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
  })

  test('an answer tells its request, its model and its cost, and keeps the provider’s cookies back', async () => {
    const answer = await chat({})
    const { usage } = (await answer.json()) as { usage: { prompt_tokens: number; completion_tokens: number } }
    const costUsd = (usage.prompt_tokens + 2 * usage.completion_tokens) / 1e6
    expect(Number(answer.headers.get('x-trimtab-cost-usd'))).toBeCloseTo(costUsd, 12)
    expect(answer.headers.get('x-trimtab-model')).toBe('mock/gpt-4o-mini')
    expect(answer.headers.get('x-trimtab-request-id')).toMatch(/^req_/)
    expect(answer.headers.get('cache-status')).toContain('trimtab')
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(answer.headers.get('x-ratelimit-limit-requests')).toBe('10000')
  })

  test('a stream tells usage and cost where usage was asked for, and neither where not', async () => {
    const asked = await (await chat({ stream: true, stream_options: { include_usage: true } })).text()
    expect(asked).toMatch(/"usage":\{.*"trimtab":\{"cost_usd":/s)
    expect(await (await chat({ stream: true })).text()).not.toMatch(/"usage":\{/)
    expect(lastSeen().body?.stream_options).toEqual({ include_usage: true })
  })

  test('the ledger has the request under its labels', async () => {
    const answer = await chat(
      {},
      { 'x-trimtab-workflow': 'billing', 'x-trimtab-step': 'draft', 'x-trimtab-tags': 'a=1' },
    )
    const id = answer.headers.get('x-trimtab-request-id') ?? ''
    await expect.poll(async () => (await world.ledger.request(id))?.status).toBe(200)
    expect(await world.ledger.request(id)).toMatchObject({
      workflow: 'billing',
      step: 'draft',
      model_asked: 'gpt-4o-mini',
    })
    expect(lastSeen().headers).not.toHaveProperty('x-trimtab-workflow')
  })

  test('an alias and a workflow lead to their models, past a target that is not there', async () => {
    await chat({ model: 'fast' })
    expect(lastSeen().body?.model).toBe('gpt-4o-mini')
    const answer = await chat({ model: 'support' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-trimtab-tier')).toBe('second')
    const detail = await world.ledger.request(answer.headers.get('x-trimtab-request-id') ?? '')
    expect(detail?.attempts.map(({ provider }) => provider)).toEqual(['gone', 'mock'])
  })

  test('a gzipped request is read, and sent on plain', async () => {
    const body = JSON.stringify({ model: 'gpt-4o-mini', messages: MESSAGES })
    const answer = await post('/v1/chat/completions', gzipSync(body), { 'content-encoding': 'gzip' })
    expect(answer.status).toBe(200)
    expect(Buffer.from(lastSeen().bytes).toString()).toBe(body)
    expect(lastSeen().headers).not.toHaveProperty('content-encoding')
  })

  test('a caller that leaves in the middle ends the provider’s call', async () => {
    const caller = new AbortController()
    const answer = await world.app.request('http://localhost/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'paced-2000-10', messages: MESSAGES, stream: true }),
      signal: caller.signal,
    })
    const seen = lastSeen()
    await answer.body?.getReader().read()
    caller.abort()
    await mock.until(() => seen.end === 'aborted')
    const id = answer.headers.get('x-trimtab-request-id') ?? ''
    await expect.poll(async () => (await world.ledger.request(id))?.status).toBe(499)
  })

  test('a caller that reads slowly slows the provider down, and loses nothing', async () => {
    const answer = await chat({ model: 'sized-40000000' })
    const reader = answer.body?.getReader()
    await reader?.read()
    const seen = lastSeen()
    expect(seen.end).toBe('open')
    let length = 0
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
      length += next.value.byteLength
    expect(length).toBeGreaterThan(30_000_000)
    await mock.until(() => seen.end === 'whole')
  })
})

describe('POST /v1/embeddings', () => {
  test.each([['float'], ['base64']])('vectors pass as %s', async (encoding_format) => {
    const body = { model: 'text-embedding-3-small', input: ['one', 'two'], encoding_format }
    const answer = await post('/v1/embeddings', JSON.stringify(body))
    const { data } = (await answer.json()) as { data: { embedding: unknown }[] }
    expect(data.map(({ embedding }) => typeof embedding)).toEqual(
      encoding_format === 'float' ? ['object', 'object'] : ['string', 'string'],
    )
  })
})

describe('GET /v1/models', () => {
  test('lists workflows, aliases and models; each can be asked for by its name', async () => {
    const answer = await world.app.request('http://localhost/v1/models')
    const { data } = (await answer.json()) as { data: { id: string; object: string }[] }
    expect(data.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['support', 'fast', 'gpt-4o-mini', 'gpt-5.5']),
    )
    for (const { id } of data) {
      const one = await world.app.request(`http://localhost/v1/models/${id}`)
      expect(await one.json()).toMatchObject({ id, object: 'model' })
    }
  })

  test('a model that is not listed is 404', async () => {
    const answer = await world.app.request('http://localhost/v1/models/gpt-nowhere')
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } })
  })
})

describe('failures of providers', () => {
  test.each([
    ['400', 'chaos-status-400', 400, 'the provider’s own'],
    ['401 under our key', 'chaos-status-401', 502, 'provider_authentication'],
    ['500', 'chaos-status-500', 502, 'provider_error'],
    ['a connection that is refused', 'gone/nobody', 502, 'provider_error'],
    ['half an answer', 'chaos-truncated-json', 502, 'provider_error'],
    ['an error in a 200', 'chaos-error-event', 502, 'provider_error'],
  ])('%s', async (_, model, status, code) => {
    const answer = await chat({ model }, { 'x-trimtab-workflow': 'no-retries' })
    expect(answer.status).toBe(status)
    const { error } = (await answer.json()) as { error: { code: string | null; message: string } }
    if (status !== 400) expect(error.code).toBe(code)
    expect(error.message).not.toMatch(/\n|node_modules|\.ts:/)
  })

  test('a stream that breaks off ends with an error and without [DONE]', async () => {
    const answer = await chat({ model: 'chaos-no-finish', stream: true })
    const text = await answer.text()
    expect(text).toMatch(/data: \{"error":.*\n\n$/)
    expect(text).not.toContain('[DONE]')
  })
})

describe('health and the admin API', () => {
  test('/healthz and /readyz', async () => {
    expect((await world.app.request('http://localhost/healthz')).status).toBe(200)
    const ready = await world.app.request('http://localhost/readyz')
    expect(await ready.json()).toMatchObject({ ready: true, ledger: { healthy: true }, problems: [] })
  })

  test('/readyz says no while draining, and requests are answered all the same', async () => {
    const draining = inMemoryApp(`providers: { mock: { base_url: "${mock.url}", api_key: provider-key } }`)
    await draining.drain(0)
    expect((await draining.app.request('http://localhost/readyz')).status).toBe(503)
    const answer = await draining.app.request('http://localhost/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'mock/gpt-4o-mini', messages: MESSAGES }),
    })
    expect(answer.status).toBe(200)
  })

  test('reports and requests are for the admin key alone', async () => {
    for (const path of ['report?since=0&until=9999999999999', 'requests?since=0', 'requests/req_x']) {
      const refused = await world.app.request(`http://localhost/trimtab/api/${path}`)
      expect(refused.status).toBe(401)
    }
    const answer = await admin('report?since=0&until=9999999999999&by=workflow')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ by: ['workflow'] })
  })

  test.each([
    ['report?since=yesterday&until=1', 400],
    ['report?since=0', 400],
    ['report?since=0&until=1&by=colour', 400],
    ['report?since=0&until=1&tz=Mars/Base', 400],
    ['requests?since=0&limit=-1', 400],
    ['requests/req_unknown', 404],
  ])('GET %s is %i with one sentence', async (path, status) => {
    const answer = await admin(path)
    expect(answer.status).toBe(status)
    const { error } = (await answer.json()) as { error: { message: string } }
    expect(error.message).toMatch(/^[^\n]+\.$/)
  })
})

test('nothing failed inside', () => {
  expect(world.warnings).toEqual([])
})

function admin(path: string) {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  return world.app.request(`http://localhost/trimtab/api/${path}`, { headers })
}

function chat(more: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}) {
  return post(
    '/v1/chat/completions',
    JSON.stringify({ model: 'gpt-4o-mini', messages: MESSAGES, ...more }),
    headers,
  )
}

async function post(path: string, body: string | Uint8Array<ArrayBuffer>, headers = {}): Promise<Response> {
  return world.app.request(`http://localhost${path}`, { method: 'POST', body, headers })
}

function lastSeen(): SeenRequest {
  const seen = mock.requests.at(-1)
  if (seen === undefined) throw new Error('the provider saw no request')
  return seen
}
