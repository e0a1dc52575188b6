/** Traces end to end: what a collector is sent of real requests, and what its absence costs them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SpanExporter } from '../../src/platform/span-exporter.ts'
import { ask, chat } from '../support/ask.ts'
import { type CollectedSpan, type Collector, startCollector } from '../support/collector.ts'
import { closedPortUrl } from '../support/mock-provider/closed-port.ts'
import { type MockProvider, startMockProvider } from '../support/mock-provider/mock-provider.ts'
import { parseMetrics, sampleSum } from '../support/prometheus-text.ts'
import { type Inside, startInside } from '../support/start-inside.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const CANARY = 'canary-51c07'

let mock: MockProvider
let collector: Collector

beforeEach(async () => {
  mock = await startMockProvider()
  collector = await startCollector()
})

afterEach(async () => {
  await mock.close()
  await collector.close()
})

describe('traceparent', () => {
  test('passes unchanged, with its tracestate, where spans are off', async () => {
    const trimtab = await start({})
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'a=1' }
    await ask(trimtab.origin, chat('gpt-4o-mini'), { headers })
    expect(mock.requests.at(-1)?.headers).toMatchObject(headers)
    await ask(trimtab.origin, chat('gpt-4o-mini'))
    expect(mock.requests.at(-1)?.headers).not.toHaveProperty('traceparent')
    await trimtab.stop()
  })

  test('names the span of the attempt where spans are on; a trace that is not recorded stays as it is', async () => {
    const trimtab = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    const state = { tracestate: 'a=1' }
    await ask(trimtab.origin, chat('gpt-4o-mini'), {
      headers: { traceparent: `00-${TRACE}-${PARENT}-01`, ...state },
    })
    const [continued] = mock.requests
    expect(continued?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-01$`))
    expect(continued?.headers.tracestate).toBe('a=1')
    const unrecorded = { traceparent: `00-${TRACE}-${PARENT}-00`, ...state }
    await ask(trimtab.origin, chat('gpt-4o-mini'), { headers: unrecorded })
    expect(mock.requests[1]?.headers).toMatchObject(unrecorded)
    await ask(trimtab.origin, chat('gpt-4o-mini'), { headers: state })
    expect(mock.requests[2]?.headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(mock.requests[2]?.headers).not.toHaveProperty('tracestate')
    await trimtab.stop()
    expect(collector.spans).toHaveLength(4)
  })
})

describe('spans', () => {
  test('of a JSON request with a retry: one server span in the caller’s trace, two client spans below it', async () => {
    const trimtab = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'edge' })
    mock.script([{ kind: 'status', status: 503, message: CANARY }])
    const answer = await ask(trimtab.origin, secretive(), {
      headers: { traceparent: `00-${TRACE}-${PARENT}-01`, authorization: `Bearer ${CANARY}` },
    })
    expect(answer.status).toBe(200)
    await trimtab.stop()
    const [server, failed, answered] = tree(collector.spans)
    expect(server).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      kind: 2,
      name: 'POST /v1/chat/completions',
    })
    expect(server?.status).toEqual({})
    expect(server?.attributes).toMatchObject({
      'http.response.status_code': 200,
      'trimtab.attempts': 2,
      'trimtab.workflow': 'default',
      'trimtab.request_id': answer.headers['x-trimtab-request-id'],
    })
    expect(failed).toMatchObject({
      kind: 3,
      name: 'chat gpt-4o-mini',
      parentSpanId: server?.spanId,
      status: { code: 2 },
    })
    expect(failed?.attributes).toMatchObject({ 'error.type': '503', 'http.response.status_code': 503 })
    expect(answered).toMatchObject({ traceId: TRACE, parentSpanId: server?.spanId, status: {} })
    const usage = mock.requests[1]?.said?.usage
    expect(answered?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.usage.input_tokens': usage?.prompt_tokens,
      'gen_ai.usage.output_tokens': usage?.completion_tokens,
      'server.address': '127.0.0.1',
      'server.port': mock.port,
    })
    for (const [index, span] of [failed, answered].entries()) {
      expect(mock.requests[index]?.headers.traceparent).toBe(`00-${TRACE}-${span?.spanId}-01`)
    }
    expect(collector.text).toContain('"service.name","value":{"stringValue":"edge"}')
    expect(collector.text).not.toContain(CANARY)
  })

  test('of a stream, and of one that breaks off', async () => {
    const trimtab = await start({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` })
    await ask(trimtab.origin, { ...secretive(), stream: true })
    mock.script([{ kind: 'reset_mid' }])
    await ask(trimtab.origin, { ...secretive(), stream: true })
    await trimtab.stop()
    const servers = collector.spans.filter(({ kind }) => kind === 2)
    const clients = collector.spans.filter(({ kind }) => kind === 3)
    expect(servers.map(({ status }) => status.code)).toEqual([undefined, 2])
    expect(clients.map(({ attributes }) => attributes['trimtab.outcome'])).toEqual([
      'answered',
      'interrupted',
    ])
    expect(clients.map(({ parentSpanId }) => parentSpanId)).toEqual(servers.map(({ spanId }) => spanId))
    expect(clients[0]?.attributes['gen_ai.usage.output_tokens']).toBe(
      mock.requests[0]?.said?.usage.completion_tokens,
    )
    for (const { startTimeUnixNano: start, endTimeUnixNano: end } of collector.spans) {
      expect(BigInt(end) >= BigInt(start)).toBe(true)
      expect(Number(BigInt(start) / 1_000_000_000n)).toBeCloseTo(Date.now() / 1000, -2)
    }
    expect(new Set(servers.map(({ traceId }) => traceId)).size).toBe(2)
    expect(collector.text).not.toContain(CANARY)
  })

  test('go where the configuration says, with its headers, before OpenTelemetry’s variables', async () => {
    const traces = `traces: { endpoint: "${collector.url}/", headers: { x-team: checkout } }`
    const trimtab = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, traces)
    await ask(trimtab.origin, chat('gpt-4o-mini'))
    await trimtab.stop()
    expect(collector.spans).toHaveLength(2)
    expect(collector.headers).toMatchObject({ 'x-team': 'checkout', 'content-type': 'application/json' })
  })

  test('a collector that is down costs requests nothing but their spans, which are counted', async () => {
    const trimtab = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: await closedPortUrl() })
    for (let index = 0; index < 5; index++) {
      expect((await ask(trimtab.origin, chat('gpt-4o-mini'))).status).toBe(200)
    }
    const metrics = parseMetrics(await (await fetch(`${trimtab.origin}/metrics`)).text())
    expect(sampleSum(metrics, 'trimtab_requests_total', { status_class: '2xx' })).toBe(5)
    expect(metrics.has('trimtab_spans_dropped')).toBe(true)
    await trimtab.stop()
    expect(trimtab.warnings).toEqual([expect.stringMatching(/^The collector of spans cannot be reached/)])
  })

  test('a variable that names no address is told, and no spans are sent', async () => {
    const trimtab = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' })
    await ask(trimtab.origin, chat('gpt-4o-mini'))
    expect(mock.requests.at(-1)?.headers).not.toHaveProperty('traceparent')
    await trimtab.stop()
    expect(trimtab.warnings).toEqual([expect.stringMatching(/^OTEL_EXPORTER_OTLP_ENDPOINT must be/)])
  })
})

describe('SpanExporter', () => {
  const ids = { traceId: TRACE, spanId: PARENT, parentId: undefined, isNewTrace: true }
  const exporter = (post: () => Promise<number | undefined>) =>
    new SpanExporter({ serviceName: 's', version: '1', post, warn: () => {} })

  test('keeps at most 2,048 spans, and counts the others', async () => {
    const full = exporter(() => new Promise(() => {}))
    for (let index = 0; index < 3000; index++) full.requestEnded({ ...ENDED, span: ids })
    expect(full.dropped).toBe(3000 - 2048)
  })

  test('sends a refused batch again only where that can help, and every span once it does', async () => {
    const statuses = [400, 200]
    const refused = exporter(async () => statuses.shift())
    for (let index = 0; index < 1024; index++) refused.requestEnded({ ...ENDED, span: ids })
    await refused.close()
    expect(refused.dropped).toBeGreaterThanOrEqual(512)
    const sent = exporter(async () => 200)
    for (let index = 0; index < 1024; index++) sent.requestEnded({ ...ENDED, span: ids })
    await sent.close()
    expect(sent.dropped).toBe(0)
  })
})

const ENDED: Parameters<SpanExporter['requestEnded']>[0] = {
  id: 'req_1',
  at: 1,
  workflow: 'default',
  step: undefined,
  endpoint: 'chat/completions',
  stream: false,
  status: 200,
  error: undefined,
  input: undefined,
  semantic: undefined,
  semanticWrong: undefined,
  tier: undefined,
  cache: 'bypass',
  baselineNanoUsd: undefined,
  firstChunkMs: undefined,
  totalMs: 1,
  attempts: 0,
  last: undefined,
  inputTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  span: undefined,
}

function start(environment: NodeJS.ProcessEnv, more = ''): Promise<Inside> {
  const provider = `mock: { vendor: openai, base_url: "${mock.url}", models: [gpt-4o-mini] }`
  return startInside({ config: `providers: { ${provider} }\n${more}`, environment })
}

function secretive() {
  return { ...chat('gpt-4o-mini'), messages: [{ role: 'user', content: CANARY }], user: CANARY }
}

/** The server's span first, then the attempts in the order of their start. */
function tree(spans: readonly CollectedSpan[]): CollectedSpan[] {
  return [...spans].sort(
    (a, b) => a.kind - b.kind || Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)),
  )
}
