/**
 * vLLM: `vllm/v1/metrics/loggers.py`, and its design page of metrics for the names of before. With several engines each has a
 * label `engine`. Prefixes are counted in tokens, by early versions of V1 in blocks.
 */
import { named, type Vocabulary } from './vocabulary.ts'

export const VLLM: Vocabulary = {
  server: 'vLLM',
  running: named('vllm:num_requests_running'),
  waiting: named('vllm:num_requests_waiting'),
  kvUsage: named('vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'),
  cached: named(
    'vllm:prefix_cache_hits_total',
    'vllm:prefix_cache_hits',
    'vllm:gpu_prefix_cache_hits_total',
    'vllm:gpu_prefix_cache_hits',
  ),
  queried: named(
    'vllm:prefix_cache_queries_total',
    'vllm:prefix_cache_queries',
    'vllm:gpu_prefix_cache_queries_total',
    'vllm:gpu_prefix_cache_queries',
  ),
  queueSeconds: named('vllm:request_queue_time_seconds_sum'),
  queued: named('vllm:request_queue_time_seconds_count'),
}
