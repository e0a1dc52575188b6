/** From what a provider said of its answer to tokens and money. */
import { estimateUsage } from './estimate.ts'
import type { Pricer } from './price.ts'
import type { Usage } from './tokens.ts'
import { noTokens } from './tokens.ts'
import { usageFromWire } from './usage.ts'

export interface Metered {
  usage: Usage
  /** Undefined where the price is unknown. */
  costNanoUsd: number | undefined
  priceVersion: string | undefined
}

export interface MeterSubject {
  provider: string
  priceProvider: string | undefined
  model: string
  /** Unix milliseconds: prices have effective dates. */
  at: number
}

/** Tokens as reported, else estimated from the sizes of request and answer, and their price. */
export function meterAnswer(
  pricer: Pricer,
  subject: MeterSubject,
  seen: { usage: unknown; requestBytes: number; outputCharacters: number },
): Metered {
  const usage = (seen.usage === undefined ? undefined : usageFromWire(seen.usage)) ?? estimateUsage(seen)
  const price = pricer.price({ ...subject, tokens: usage.tokens, terms: usage.terms })
  return { usage, costNanoUsd: price?.costNanoUsd, priceVersion: price?.version }
}

/** For an attempt that no provider bills: never reached, or refused. */
export function unbilled(): Metered {
  return { usage: { tokens: noTokens(), source: 'absent' }, costNanoUsd: 0, priceVersion: undefined }
}
