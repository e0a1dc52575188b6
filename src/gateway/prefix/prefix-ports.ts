/** What decides of marks besides the request: what was measured of reuse, which keys are busy, and prices. */
import type { Pricer } from '../../metering/price.ts'
import type { Rate } from '../../metering/price-row.ts'
import type { PrefixRates } from '../../routing/mark-choice.ts'
import type { PromptCacheKeys } from '../../routing/prompt-cache-key.ts'
import type { ReuseIntervals } from '../../routing/reuse-intervals.ts'
import type { Target } from '../outbound.ts'

export interface PrefixPorts {
  prefixes: { reuse: ReuseIntervals; keys: PromptCacheKeys }
  pricer(): Pricer
}

/** In tokens of input: what most models of both vendors cost, for one whose price is not known. */
const USUAL = { read: 0.1, write5m: 1.25, write30m: 1.25, write1h: 2 }

/** Nano-dollars a token of what a provider's prompt cache is told to keep. */
export function cacheRates(pricer: Pricer, { provider, model }: Target, at: number): PrefixRates {
  const listed = pricer.list({
    provider: provider.name,
    priceProvider: provider.priceProvider,
    model,
    at,
  })?.row.rates
  const isOpenai = provider.vendor === 'openai'
  const input = listed?.input?.nanoUsd
  if (listed === undefined || input === undefined || input === 0) {
    const { read, write5m, write30m, write1h } = USUAL
    return { input: 1, read, write: isOpenai ? { '30m': write30m } : { '5m': write5m, '1h': write1h } }
  }
  const { cache_read: read, cache_write_5m: short, cache_write_30m: half, cache_write_1h: long } = listed
  return {
    input,
    read: read?.nanoUsd ?? input,
    write: isOpenai ? { '30m': half?.nanoUsd } : hours(short, long),
  }
}

function hours(short: Rate | undefined, long: Rate | undefined): PrefixRates['write'] {
  return { '5m': short?.nanoUsd, '1h': long?.nanoUsd }
}
