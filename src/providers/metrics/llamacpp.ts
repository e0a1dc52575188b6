/**
 * llama.cpp's server with `--metrics`: `tools/server/server-context.cpp`. Newer versions do not tell how full the KV cache is,
 * and count the tokens of prompts without those that were cached.
 */
import { named, type Vocabulary } from './vocabulary.ts'

export const LLAMACPP: Vocabulary = {
  server: 'llama.cpp',
  running: named('llamacpp:requests_processing'),
  waiting: named('llamacpp:requests_deferred'),
  kvUsage: named('llamacpp:kv_cache_usage_ratio'),
  cached: named('llamacpp:prompt_tokens_cached_total'),
  queried: [[{ name: 'llamacpp:prompt_tokens_total' }, { name: 'llamacpp:prompt_tokens_cached_total' }]],
}
