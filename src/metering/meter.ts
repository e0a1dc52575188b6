/** From what a provider said of its answer to tokens and money. */
import { estimateUsage } from './estimate.ts'
import { type Price, type Pricer, STATED } from './price.ts'
import { HOURLY } from './standing-cost.ts'
import type { Terms } from './terms.ts'
import { noTokens, type Tokens, type Usage } from './tokens.ts'
import { usageFromWire } from './usage.ts'

export interface Metered {
  usage: Usage
  /** Undefined where the price is unknown. */
  costNanoUsd: number | undefined
  priceVersion: string | undefined
  /** What the same tokens would have cost without the provider's prompt cache. */
  baselineNanoUsd: number | undefined
}

export interface MeterSubject {
  provider: string
  priceProvider: string | undefined
  model: string
  /** Unix milliseconds: prices have effective dates. */
  at: number
}

/** Tokens as reported, else `inputTokens` as estimated and the output by its size, and their price. */
export function meterAnswer(
  pricer: Pricer,
  subject: MeterSubject,
  seen: { usage: unknown; outputCharacters: number },
  inputTokens: number,
): Metered {
  const { outputCharacters } = seen
  const reported = seen.usage === undefined ? undefined : usageFromWire(seen.usage)
  const usage = reported ?? estimateUsage({ inputTokens, outputCharacters })
  const { costNanoUsd, priceVersion, baselineNanoUsd } = priceUsage(pricer, subject, usage)
  return { usage, costNanoUsd, priceVersion, baselineNanoUsd }
}

/** What tokens cost, and what they would have cost without the provider's prompt cache. */
export function priceUsage(
  pricer: Pricer,
  subject: MeterSubject,
  { tokens, terms }: Pick<Usage, 'tokens' | 'terms'>,
): Omit<Metered, 'usage'> {
  // Spelled out: a spread costs more than the price.
  const { provider, priceProvider, model, at } = subject
  const price = pricer.price({ provider, priceProvider, model, at, tokens, terms })
  const uncached = withoutPromptCache(tokens, terms)
  // An hour costs the same, whatever a prompt cache spares it.
  if (uncached === undefined || price === undefined || price.version === HOURLY) return priced(price, price)
  if (price.version !== STATED) {
    return priced(price, pricer.price({ provider, priceProvider, model, at, tokens: uncached, terms }))
  }
  // What it charges without its cache it does not say: the list is believed where it agrees on what it charged.
  const { statedNanoUsd: _, ...listTerms } = terms ?? {}
  const listed = pricer.price({ provider, priceProvider, model, at, tokens, terms: listTerms })
  if (listed?.costNanoUsd !== price.costNanoUsd) return priced(price, price)
  return priced(
    price,
    pricer.price({ provider, priceProvider, model, at, tokens: uncached, terms: listTerms }),
  )
}

function priced(price: Price | undefined, baseline: Price | undefined): Omit<Metered, 'usage'> {
  return {
    costNanoUsd: price?.costNanoUsd,
    priceVersion: price?.version,
    baselineNanoUsd: baseline?.costNanoUsd,
  }
}

/** Undefined where no token was read from a prompt cache or written to one. */
function withoutPromptCache(tokens: Tokens, terms: Terms | undefined): Tokens | undefined {
  const { cache_read, cache_write_5m, cache_write_30m, cache_write_1h } = tokens
  const cached = cache_read + cache_write_5m + cache_write_30m + cache_write_1h
  if (cached === 0) return undefined
  const { cachedAudio = 0, cachedImage = 0 } = terms ?? {}
  return {
    ...tokens,
    input: tokens.input + cached - cachedAudio - cachedImage,
    audio_in: tokens.audio_in + cachedAudio,
    image_in: tokens.image_in + cachedImage,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_30m: 0,
    cache_write_1h: 0,
  }
}

/** For an attempt that no provider bills: never reached, or refused. */
export function unbilled(): Metered {
  return {
    usage: { tokens: noTokens(), source: 'absent' },
    costNanoUsd: 0,
    priceVersion: undefined,
    baselineNanoUsd: 0,
  }
}
