/**
 * SGLang with `--enable-metrics`: `python/sglang/srt/metrics/collector.py`. Ranks of one model tell the same requests each;
 * with priorities there is a series for each and one for all, whose label is empty.
 */
import { named, type Vocabulary } from './vocabulary.ts'

export const SGLANG: Vocabulary = {
  server: 'SGLang',
  running: named('sglang:num_running_reqs'),
  waiting: named('sglang:num_queue_reqs'),
  kvUsage: named('sglang:token_usage'),
  cached: named('sglang:cached_tokens_total'),
  queried: named('sglang:prompt_tokens_total'),
  queueSeconds: named('sglang:queue_time_seconds_sum'),
  queued: named('sglang:queue_time_seconds_count'),
  ranks: ['tp_rank', 'pp_rank', 'moe_ep_rank'],
  parts: 'priority',
}
