/** What `/metrics` says after a mixed run, whom it says it to, and what it never says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TrafficMetrics } from '../../src/http/traffic-metrics.ts'
import { Metrics } from '../../src/metering/metrics.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { parseMetrics, sampleSum } from '../support/prometheus-text.ts'
import { ADMIN_KEY, type InMemoryApp, inMemoryApp } from './in-memory-app.ts'

/** The mock does not note what it says of embeddings: one token for one letter. */
const EMBEDDED_TOKENS = 1
const CANARY = 'canary-7f3a9'

let mock: MockProvider

beforeAll(async () => {
  mock = await startMockProvider()
})

afterAll(() => mock.close())

describe('GET /metrics', () => {
  test('counts a mixed run as the provider saw it', async () => {
    const world = inMemoryApp(config())
    await chat(world, {})
    await chat(world, { stream: true })
    await chat(world, { model: 'mock/chaos-status-400' })
    mock.script([{ kind: 'status', status: 503 }])
    await chat(world, {})
    await post(world, 'not JSON')
    await post(world, JSON.stringify({ model: 'gpt-4o-mini', input: 'x' }), '/v1/embeddings')
    const metrics = await read(world)
    const requests = (labels: Record<string, string>) => sampleSum(metrics, 'trimtab_requests_total', labels)
    expect(requests({})).toBe(6)
    expect(requests({ status_class: '2xx', model: 'gpt-4o-mini', endpoint: 'chat/completions' })).toBe(3)
    expect(requests({ status_class: '4xx', model: 'other' })).toBe(1)
    expect(requests({ status_class: '4xx', provider: '' })).toBe(1)
    expect(requests({ endpoint: 'embeddings' })).toBe(1)
    const attempts = (outcome: string) => sampleSum(metrics, 'trimtab_attempts_total', { outcome })
    expect([attempts('answered'), attempts('failed'), attempts('rejected')]).toEqual([4, 1, 1])
    expect(sampleSum(metrics, 'trimtab_attempts_total')).toBe(mock.count)
    const answered = mock.requests.filter(({ fault }) => fault === 'none')
    const said = answered.map(({ said }) => said?.usage)
    const total = said.reduce(
      (sum, usage) => sum + (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0),
      0,
    )
    expect(sampleSum(metrics, 'trimtab_tokens_total')).toBe(total + EMBEDDED_TOKENS)
    const { totals } = await world.ledger.report({ since: 0, until: 1e15, timeZone: 'UTC', by: [] })
    expect(sampleSum(metrics, 'trimtab_cost_usd_total')).toBeCloseTo(totals.cost_usd ?? -1, 12)
    expect(sampleSum(metrics, 'trimtab_errors_total', { code: 'rejected' })).toBe(1)
    expect(sampleSum(metrics, 'trimtab_errors_total', { code: 'invalid_json' })).toBe(1)
    expect(sampleSum(metrics, 'trimtab_request_duration_seconds_count')).toBe(5)
    expect(sampleSum(metrics, 'trimtab_first_chunk_seconds_count')).toBe(4)
    expect(sampleSum(metrics, 'trimtab_requests_in_flight')).toBe(0)
    expect(sampleSum(metrics, 'trimtab_ledger_healthy')).toBe(1)
  })

  test('tells how near tokens of input were told, by workflow', async () => {
    const world = inMemoryApp(config())
    await chat(world, {})
    await chat(world, { stream: true })
    const metrics = await read(world)
    const of = (what: string) =>
      sampleSum(metrics, `trimtab_input_estimate_error_ratio_${what}`, { workflow: 'default' })
    const requests = await world.ledger.requests({ since: 0, limit: 2 })
    const inputs = await Promise.all(
      requests.map(async ({ id }) => (await world.ledger.request(id))?.decision?.input),
    )
    const off = inputs.map((it) => Math.abs((it?.estimated ?? 0) - (it?.counted ?? 0)) / (it?.counted ?? 0))
    expect(of('count')).toBe(2)
    expect(of('sum')).toBeCloseTo(off[0] ? off[0] + (off[1] ?? 0) : -1, 9)
  })

  test('shows what is under way and what waits for a replica', async () => {
    const world = inMemoryApp(config('max_in_flight: 1'))
    mock.script([{ kind: 'hold' }])
    const seen = mock.count
    const both = [chat(world, {}), chat(world, {})]
    await mock.until(() => mock.count > seen)
    await expect.poll(async () => sampleSum(await read(world), 'trimtab_provider_queued')).toBe(1)
    const metrics = await read(world)
    expect(sampleSum(metrics, 'trimtab_requests_in_flight')).toBe(2)
    expect(sampleSum(metrics, 'trimtab_replica_in_flight', { provider: 'mock' })).toBe(1)
    mock.release()
    await Promise.all(both)
    expect(sampleSum(await read(world), 'trimtab_requests_in_flight')).toBe(0)
  })

  test('says nothing of prompts, answers, keys, labels’ values or providers’ messages', async () => {
    const world = inMemoryApp(config())
    const said = { messages: [{ role: 'user', content: CANARY }], user: CANARY, metadata: { note: CANARY } }
    const headers = { authorization: `Bearer ${CANARY}`, 'x-trimtab-tags': `a=${CANARY}` }
    await chat(world, said, headers)
    mock.script([{ kind: 'status', status: 400, message: CANARY }])
    await chat(world, said, headers)
    await chat(world, { ...said, model: `mock/chaos-status-404-${CANARY}` }, headers)
    await chat(world, { ...said, model: CANARY, stream: CANARY }, headers)
    const text = await (await world.app.request('http://localhost/metrics')).text()
    expect(sampleSum(parseMetrics(text), 'trimtab_requests_total')).toBe(4)
    expect(text).not.toContain(CANARY)
  })

  test('tells 100 workflows apart, and policies’ own always', async () => {
    const world = inMemoryApp(config(), { 'zz-last.yaml': 'limits: { retries: 0 }' })
    const traffic = new Set<string>()
    for (let index = 0; index < 130; index++) {
      await chat(world, {}, { 'x-trimtab-workflow': `made-up-${index}` })
    }
    await chat(world, {}, { 'x-trimtab-workflow': 'zz-last' })
    const metrics = await read(world)
    for (const { labels } of metrics.get('trimtab_requests_total')?.samples ?? [])
      traffic.add(labels.workflow ?? '')
    expect(traffic.size).toBe(102)
    expect(traffic).toContain('zz-last')
    expect(sampleSum(metrics, 'trimtab_requests_total', { workflow: 'other' })).toBe(30)
  })
})

describe('who may read /metrics', () => {
  test('in open mode: whoever may call', async () => {
    const world = inMemoryApp(config())
    expect((await world.app.request('http://localhost/metrics')).status).toBe(200)
    expect((await world.app.request('http://evil.example/metrics')).status).toBe(403)
    const page = { headers: { origin: 'https://evil.example' } }
    expect((await world.app.request('http://localhost/metrics', page)).status).toBe(403)
  })

  test('in keys mode, where the caller is not known to be on this machine: the admin key', async () => {
    const world = inMemoryApp(`access: { mode: keys }\n${config()}`)
    expect((await world.app.request('http://localhost/metrics')).status).toBe(401)
    const wrong = { headers: { authorization: 'Bearer tta_no' } }
    expect((await world.app.request('http://localhost/metrics', wrong)).status).toBe(401)
    const right = { headers: { authorization: `Bearer ${ADMIN_KEY}` } }
    const answer = await world.app.request('http://localhost/metrics', right)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  })
})

test('TrafficMetrics: a model that nobody lists is named once a provider answered for it at a known price', () => {
  const metrics = new Metrics()
  const traffic = new TrafficMetrics(metrics, () => false)
  const attempt = (model: string, more: object) =>
    traffic.attemptEnded({ ...ATTEMPT, model, modelIsListed: false, ...more })
  attempt('gpt-real', { outcome: 'rejected' })
  attempt('gpt-real', { outcome: 'answered', costNanoUsd: 5 })
  attempt('gpt-real', { outcome: 'rejected' })
  attempt('free-for-all', { outcome: 'answered', costNanoUsd: undefined })
  const models = (outcome: string) =>
    parseMetrics(metrics.expose())
      .get('trimtab_attempts_total')
      ?.samples.filter(({ labels }) => labels.outcome === outcome)
      .map(({ labels, value }) => [labels.model, value])
  expect(models('rejected')).toEqual([
    ['other', 1],
    ['gpt-real', 1],
  ])
  expect(models('answered')).toEqual([
    ['gpt-real', 1],
    ['other', 1],
  ])
})

const ATTEMPT: Parameters<TrafficMetrics['attemptEnded']>[0] = {
  requestId: 'req_1',
  ordinal: 0,
  provider: 'openai',
  vendor: 'openai',
  origin: 'https://api.openai.com',
  model: 'm',
  modelIsListed: false,
  replica: 'openai/api.openai.com:443/default',
  tier: undefined,
  workflow: 'default',
  endpoint: 'chat/completions',
  stream: false,
  startedAt: 0,
  outcome: 'answered',
  status: 200,
  tokens: {
    input: 1,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_30m: 0,
    cache_write_1h: 0,
    audio_in: 0,
    image_in: 0,
    output: 1,
    reasoning: 0,
    audio_out: 0,
    image_out: 0,
  },
  usage: 'reported',
  costNanoUsd: 1,
  firstChunkMs: 1,
  totalMs: 2,
  span: undefined,
}

function config(more = ''): string {
  return `
default_provider: mock
providers: { mock: { dialect: openai, base_url: "${mock.url}", models: [gpt-4o-mini]${more && `, ${more}`} } }
prices: { overrides: { mock/gpt-4o-mini: { input: 1, output: 2 } } }
`
}

async function chat(world: InMemoryApp, more: object, headers: Record<string, string> = {}): Promise<void> {
  const messages = [{ role: 'user', content: 'How deep is it?' }]
  await post(
    world,
    JSON.stringify({ model: 'gpt-4o-mini', messages, ...more }),
    '/v1/chat/completions',
    headers,
  )
}

async function post(
  world: InMemoryApp,
  body: string,
  path = '/v1/chat/completions',
  headers = {},
): Promise<void> {
  const answer = await world.app.request(`http://localhost${path}`, { method: 'POST', body, headers })
  await answer.text()
}

async function read(world: InMemoryApp) {
  return parseMetrics(await (await world.app.request('http://localhost/metrics')).text())
}
