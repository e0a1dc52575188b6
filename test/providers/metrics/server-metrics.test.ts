/** What each server prints on `/metrics` comes to one shape: sums over models and engines, no part counted twice, no guess. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readServerMetrics } from '../../../src/providers/metrics/server-metrics.ts'
import { metricsText } from '../../support/metrics-text.ts'

const UNTOLD = {
  running: undefined,
  waiting: undefined,
  kvUsage: undefined,
  cached: undefined,
  queried: undefined,
  queueSeconds: undefined,
  queued: undefined,
}

describe('what a server tells', () => {
  it.each([
    [
      'vllm',
      {
        server: 'vLLM',
        running: 41,
        waiting: 3,
        kvUsage: 0.8125,
        cached: 13_000,
        queried: 30_000,
        queueSeconds: 4.371091365814209,
        queued: 32,
      },
    ],
    ['vllm-before-v1', { ...UNTOLD, server: 'vLLM', running: 5, waiting: 12, kvUsage: 0.35 }],
    [
      'sglang',
      {
        server: 'SGLang',
        running: 14,
        waiting: 7,
        kvUsage: 0.43,
        cached: 41_000,
        queried: 55_000,
        queueSeconds: 12.5,
        queued: 100,
      },
    ],
    ['llamacpp', { ...UNTOLD, server: 'llama.cpp', running: 1, waiting: 2, cached: 0, queried: 42 }],
    ['tei', { ...UNTOLD, server: 'TEI', waiting: 3, queueSeconds: 0.0125, queued: 4 }],
    ['triton', { ...UNTOLD, server: 'Triton', waiting: 14, queueSeconds: 5, queued: 50 }],
    ['triton-tensorrt-llm', { ...UNTOLD, server: 'Triton', running: 4, waiting: 3, kvUsage: 0.4875 }],
  ])('%s', (name, told) => {
    expect(readServerMetrics(metricsText(name))).toEqual(told)
  })

  it('knows how full an older llama.cpp is, and not what it had cached', () => {
    const text =
      'llamacpp:kv_cache_usage_ratio 0.25\nllamacpp:requests_processing 1\nllamacpp:prompt_tokens_total 9\n'
    expect(readServerMetrics(text)).toEqual({ ...UNTOLD, server: 'llama.cpp', running: 1, kvUsage: 0.25 })
  })

  it('leaves out figures that are none', () => {
    const text = ['running', 'waiting'].map((it) => `vllm:num_requests_${it} NaN`).join('\n')
    expect(readServerMetrics(`${text}\nvllm:kv_cache_usage_perc 0.5`)).toEqual({
      ...UNTOLD,
      server: 'vLLM',
      kvUsage: 0.5,
    })
    expect(readServerMetrics('vllm:num_requests_waiting +Inf\nvllm:num_requests_running -1')).toBeUndefined()
    // Several of these would come to more than a number is.
    expect(
      readServerMetrics('vllm:num_requests_waiting 1e308\nvllm:num_requests_running 1e308'),
    ).toBeUndefined()
    expect(readServerMetrics('vllm:num_requests_waiting 1\nvllm:kv_cache_usage_perc 55')).toEqual({
      ...UNTOLD,
      server: 'vLLM',
      waiting: 1,
    })
  })

  it.each([
    ['nothing', ''],
    ['another program', '# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 12.5\n'],
    ['a page', '<!doctype html><title>vllm:num_requests_waiting 1</title>'],
    ['JSON', '[{"vllm:num_requests_waiting": 1}]'],
    ['counts alone', 'vllm:prefix_cache_hits_total 5\nvllm:prefix_cache_queries_total 9\n'],
  ])('is nothing known of %s', (_, text) => {
    expect(readServerMetrics(text)).toBeUndefined()
  })

  it('is never worse than unknown where a server is cut off or garbled', () => {
    const names = ['vllm', 'sglang', 'llamacpp', 'tei', 'triton', 'triton-tensorrt-llm']
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(6000),
        fc.string({ unit: 'binary' }),
        (name, at, junk) => {
          const text = metricsText(name)
          const metrics = readServerMetrics(text.slice(0, at) + junk + text.slice(at + junk.length))
          for (const [figure, value] of Object.entries(metrics ?? {})) {
            if (figure === 'server' || value === undefined) continue
            expect(value).toBeGreaterThanOrEqual(0)
            expect(Number.isFinite(value)).toBe(true)
          }
        },
      ),
    )
  })
})
