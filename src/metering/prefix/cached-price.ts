/** What a token of a prefix costs while a provider keeps it, and once it does not any more. */

import type { Pricer } from '../price.ts'
import { rateFor } from '../price-row.ts'
import { TOKEN_BUCKETS, type TokenBucket } from '../tokens.ts'
import type { WarmRates } from './worth-warming.ts'

interface Asked {
  provider: { name: string; priceProvider: string | undefined }
  model: string
  /** Unix milliseconds. */
  at: number
}

/** By the list; undefined where it has no price. `ttlSeconds`: how long it is kept once it is written. */
export function cachedPrice(
  pricer: Pricer,
  { provider, model, at }: Asked,
  inputTokens: number,
  ttlSeconds: number | undefined,
): WarmRates | undefined {
  const row = pricer.list({ provider: provider.name, priceProvider: provider.priceProvider, model, at })?.row
  const rateOf = (bucket: TokenBucket): number | undefined => {
    const rate = row?.inOrder[TOKEN_BUCKETS.indexOf(bucket)]
    return rate && rateFor(rate, inputTokens)
  }
  const read = rateOf('cache_read')
  const cold = rateOf(
    ttlSeconds === 3600 ? 'cache_write_1h' : ttlSeconds === 1800 ? 'cache_write_30m' : 'cache_write_5m',
  )
  return read === undefined || cold === undefined ? undefined : { read, cold }
}
