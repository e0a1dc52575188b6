/** Disjoint token buckets: they sum to the provider's totals, so that nothing is priced twice. */
import type { Terms } from './terms.ts'

export const TOKEN_BUCKETS = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_30m',
  'cache_write_1h',
  'audio_in',
  'image_in',
  'output',
  'reasoning',
  'audio_out',
  'image_out',
] as const

/** The buckets that make up a provider's prompt total; the others make up its completion total. */
export const INPUT_BUCKETS: readonly TokenBucket[] = TOKEN_BUCKETS.slice(0, TOKEN_BUCKETS.indexOf('output'))

export type TokenBucket = (typeof TOKEN_BUCKETS)[number]

/** `input` is uncached text input and `output` excludes reasoning and audio. */
export type Tokens = Record<TokenBucket, number>

export type UsageSource = 'reported' | 'estimated' | 'absent'

export interface Usage {
  tokens: Tokens
  source: UsageSource
  /** What the price depends on besides; absent for most answers. */
  terms?: Terms
}

/** In the order of `TOKEN_BUCKETS`; spelled out, because eleven look-ups by name are slow. */
export function countsInOrder(tokens: Tokens): readonly number[] {
  return [
    tokens.input,
    tokens.cache_read,
    tokens.cache_write_5m,
    tokens.cache_write_30m,
    tokens.cache_write_1h,
    tokens.audio_in,
    tokens.image_in,
    tokens.output,
    tokens.reasoning,
    tokens.audio_out,
    tokens.image_out,
  ]
}

export function noTokens(): Tokens {
  return {
    input: 0,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_30m: 0,
    cache_write_1h: 0,
    audio_in: 0,
    image_in: 0,
    output: 0,
    reasoning: 0,
    audio_out: 0,
    image_out: 0,
  }
}

/** What is not zero. */
export function filledBuckets(tokens: Tokens): Partial<Tokens> {
  const filled: Partial<Tokens> = {}
  for (const bucket of TOKEN_BUCKETS) if (tokens[bucket] > 0) filled[bucket] = tokens[bucket]
  return filled
}
