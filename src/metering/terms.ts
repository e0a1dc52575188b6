/** What decides a price beside the token buckets. Most answers have none of it. */
import type { Units } from './units.ts'

export interface Terms {
  /** As the provider names it, in lower case; absent for the standard one. */
  serviceTier?: string
  /** Tokens of `cache_read` that are audio or image: some vendors price them apart. */
  cachedAudio?: number
  cachedImage?: number
  /** Searches that the provider made for the answer. */
  webSearches?: number
  units?: Units
  /** What the provider says that it charged, in nano-dollars; believed of those alone who are known to bill so. */
  statedNanoUsd?: number
  /** So many requests are summed up here, alike in what their size makes a token cost. */
  requests?: number
}

/** The names under which vendors sell what their price list states. */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['', 'default', 'standard', 'auto', 'on_demand'])

/** Undefined for the standard tier. */
export function serviceTierOf(stated: unknown): string | undefined {
  if (typeof stated !== 'string') return undefined
  const tier = stated.toLowerCase()
  return STANDARD_TIERS.has(tier) ? undefined : tier
}

/** What means the same to every vendor, so that another's model can be priced for it. */
export function commonTerms(terms: Terms | undefined): Terms | undefined {
  if (terms === undefined) return undefined
  const { units, cachedAudio, cachedImage } = terms
  return {
    ...(units && { units }),
    ...(cachedAudio !== undefined && { cachedAudio }),
    ...(cachedImage !== undefined && { cachedImage }),
  }
}
