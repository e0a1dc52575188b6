/** `metrics` of a provider: who is asked without a word of it, what can be said, and what is refused in a sentence. */
import { describe, expect, it } from 'vitest'
import { configProblemLine } from '../../src/config/config-problems.ts'
import { parseConfig } from '../../src/config.ts'
import { metricsAddress, metricsSource } from '../../src/providers/metrics/metrics-source.ts'
import type { Transport } from '../../src/providers/transport.ts'

const network = {} as Transport

function parsed(keys: string) {
  return parseConfig({
    file: { path: 'trimtab.yaml', text: `providers:\n  gpu: { ${keys} }\n` },
    environment: {},
    flags: {},
  })
}

/** Where and how often they are asked. */
function asked(keys: string) {
  const result = parsed(keys)
  if (result.kind === 'refused') throw new Error(result.problems.map(configProblemLine).join('\n'))
  const [settings] = result.config.providers
  const source = settings && metricsSource(settings, network)
  return source && [source.place, source.intervalMs, source.timeoutMs]
}

function refusal(keys: string): string {
  const result = parsed(keys)
  return result.kind === 'refused' ? result.problems.map(configProblemLine).join('\n') : ''
}

const AT = 'base_url: "http://gpu:8000/v1"'
const MODELS = 'models: { m: { serves: embeddings'

describe('metrics', () => {
  it.each([
    [`vendor: vllm, ${AT}`, '/metrics'],
    [`vendor: sglang, ${AT}`, '/metrics'],
    [`vendor: llamacpp, ${AT}`, '/metrics'],
    [`dialect: tei, ${AT}, ${MODELS} } }`, '/metrics'],
    [
      `dialect: kserve, ${AT}, ${MODELS}, input: { TEXT: text }, output: { embedding: E } } }`,
      ':8002/metrics',
    ],
  ])('%s is asked where servers of its kind tell it', (keys, place) => {
    expect(asked(keys)).toEqual([place, 2000, 1000])
  })

  it.each([
    AT,
    `vendor: ollama, ${AT}`,
    'vendor: openai, api_key: sk-1',
    `vendor: vllm, ${AT}, metrics: off`,
  ])('%s is not asked', (keys) => {
    expect(asked(keys)).toBeUndefined()
  })

  it.each([
    ['on', ['/metrics', 2000, 1000]],
    ['/prometheus/metrics', ['/prometheus/metrics', 2000, 1000]],
    ['":8002/metrics"', [':8002/metrics', 2000, 1000]],
    ['":65535/metrics"', [':65535/metrics', 2000, 1000]],
    ['{ interval: 10s }', ['/metrics', 10_000, 1000]],
    ['{ path: /stats, interval: 500ms, timeout: 250ms }', ['/stats', 500, 250]],
  ])('%s is taken', (metrics, source) => {
    expect(asked(`${AT}, metrics: ${metrics}`)).toEqual(source)
  })

  it.each([
    ['metrics', 'must be `on`, `off`, a path such as `/metrics`'],
    ['"http://gpu:8002/metrics"', 'must be `on`, `off`, a path'],
    ['":65536/metrics"', 'must be `on`, `off`, a path'],
    ['{ path: ":99999/metrics" }', '`providers.gpu.metrics.path` must be a path such as `/metrics`'],
    ['3', '`providers.gpu.metrics` must be `on`, `off`, a path'],
    ['{ path: x }', '`providers.gpu.metrics.path` must be a path such as `/metrics`'],
    ['{ intervall: 3s }', 'intervall'],
    ['{ interval: 3 }', '`providers.gpu.metrics.interval` must be a duration'],
    ['{ interval: 20ms }', '`providers.gpu.metrics.interval` must be at least 100ms'],
  ])('%s is refused', (metrics, sentence) => {
    expect(refusal(`${AT}, metrics: ${metrics}`)).toContain(sentence)
  })

  it('refuses a port beside a command, whose port trimtab chooses', () => {
    const keys = 'command: [serve, "{port}"], metrics: ":8002/metrics"'
    expect(refusal(keys)).toContain('`providers.gpu.metrics` must not have a port beside command')
  })
})

describe('metricsAddress', () => {
  it.each([
    ['/v1', '/metrics', 'http://gpu:8000', '/metrics', true],
    ['', '/metrics', 'http://gpu:8000', '/metrics', true],
    ['/two/v1', '/metrics', 'http://gpu:8000', '/two/metrics', true],
    ['/two/v1', ':8002/metrics', 'http://gpu:8002', '/metrics', false],
  ])('of %s and %s', (basePath, place, origin, path, isSameOrigin) => {
    const address = metricsAddress({ origin: 'http://gpu:8000', basePath }, place)
    expect(address).toEqual({ origin, path, isSameOrigin })
  })
})
