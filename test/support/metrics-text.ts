/** What a model server prints on `/metrics`, from `test/fixtures/metrics`. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { MockProvider } from './mock-provider/mock-provider.ts'

export function metricsText(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../fixtures/metrics/${name}.txt`, import.meta.url)), 'utf8')
}

/** vLLM's, with these figures. */
export function vllmText({ running = 0, waiting = 0, kvUsage = 0, queried = 0, cached = 0 }): string {
  const labels = '{engine="0",model_name="m"}'
  return [
    '# TYPE vllm:num_requests_running gauge',
    `vllm:num_requests_running${labels} ${running.toFixed(1)}`,
    '# TYPE vllm:num_requests_waiting gauge',
    `vllm:num_requests_waiting${labels} ${waiting.toFixed(1)}`,
    '# TYPE vllm:kv_cache_usage_perc gauge',
    `vllm:kv_cache_usage_perc${labels} ${kvUsage}`,
    '# TYPE vllm:prefix_cache_queries_total counter',
    `vllm:prefix_cache_queries_total${labels} ${queried.toFixed(1)}`,
    '# TYPE vllm:prefix_cache_hits_total counter',
    `vllm:prefix_cache_hits_total${labels} ${cached.toFixed(1)}`,
    '',
  ].join('\n')
}

/** Resolves once it was asked for its metrics so many times more: of two the first was answered as it is now, and has been read. */
export async function answers(mock: MockProvider, more: number): Promise<void> {
  const until = mock.metrics.asked.length + more
  await mock.until(() => mock.metrics.asked.length >= until, 15_000)
}
