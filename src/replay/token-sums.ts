/** Tokens of an attempt as a forecast looks at them: what was read, what was written. */
import type { RecordedAttempt } from '../metering/recorded-request.ts'
import { INPUT_BUCKETS, noTokens, TOKEN_BUCKETS, type TokenBucket, type Tokens } from '../metering/tokens.ts'

const CACHED: readonly number[] = ['cache_read', 'cache_write_5m', 'cache_write_30m', 'cache_write_1h'].map(
  (bucket) => TOKEN_BUCKETS.indexOf(bucket as TokenBucket),
)
const CACHE_READ = TOKEN_BUCKETS.indexOf('cache_read')
const REASONING = TOKEN_BUCKETS.indexOf('reasoning')

/** Text and media, cached or not. */
export function inputOf({ tokens }: Pick<RecordedAttempt, 'tokens'>): number {
  let sum = 0
  for (let index = 0; index < INPUT_BUCKETS.length; index++) sum += tokens[index] ?? 0
  return sum
}

export function cacheReadOf({ tokens }: Pick<RecordedAttempt, 'tokens'>): number {
  return tokens[CACHE_READ] ?? 0
}

/** Reasoning too. */
export function outputOf({ tokens }: Pick<RecordedAttempt, 'tokens'>): number {
  let sum = 0
  for (let index = INPUT_BUCKETS.length; index < TOKEN_BUCKETS.length; index++) sum += tokens[index] ?? 0
  return sum
}

export function reasoningOf({ tokens }: Pick<RecordedAttempt, 'tokens'>): number {
  return tokens[REASONING] ?? 0
}

/** As counted, in buckets. */
function tokensOf({ tokens }: Pick<RecordedAttempt, 'tokens'>): Tokens {
  const named = noTokens()
  for (let index = 0; index < TOKEN_BUCKETS.length; index++) {
    const bucket = TOKEN_BUCKETS[index]
    if (bucket !== undefined) named[bucket] = tokens[index] ?? 0
  }
  return named
}

/** The same, as if no cache had known any of it. */
export function uncachedTokensOf(attempt: Pick<RecordedAttempt, 'tokens'>): Tokens {
  const named = tokensOf(attempt)
  for (const index of CACHED) {
    const bucket = TOKEN_BUCKETS[index]
    if (bucket === undefined) continue
    named.input += named[bucket]
    named[bucket] = 0
  }
  return named
}
