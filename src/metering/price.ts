/** What an attempt cost: an operator's own prices first, else the public price table; an unknown price is undefined, never 0. */
import { calcPrice, type ModelPrice } from '@pydantic/genai-prices'
import { INPUT_BUCKETS, TOKEN_BUCKETS, type TokenBucket, type Tokens } from './tokens.ts'

/** The table's own version, which its package does not export; a test holds it to the one installed. */
export const PRICE_TABLE_VERSION = 'genai-prices@0.1.8'

/** USD per million tokens. A bucket without a price costs its side's `input` or `output`. */
export type PriceOverride = Readonly<Partial<Record<TokenBucket | 'cache_write', number>>>

interface PriceQuestion {
  /** The provider's name in the configuration. */
  provider: string
  /** Its vendor in the price table; undefined where self-hosted. */
  priceProvider: string | undefined
  model: string
  tokens: Tokens
  /** Unix milliseconds: prices change over time, and some within the day. */
  at: number
}

interface Price {
  /** Rounded once a bucket. */
  costNanoUsd: number
  /** Where the price came from: `override`, `genai-prices@…`, `sandbox`. */
  version: string
}

export interface Pricer {
  price(question: PriceQuestion): Price | undefined
}

export interface PricerOptions {
  /** By `provider/model`. */
  overrides?: Readonly<Record<string, PriceOverride>>
  /** Names of providers that cost nothing. */
  free?: readonly string[]
}

/** A price of one token in nano-dollars, which may depend on the size of the whole input. */
interface Rate {
  nanoUsd: number
  /** Ascending; the last one whose `above` the input exceeds replaces `nanoUsd`. */
  tiers: readonly { above: number; nanoUsd: number }[]
}

interface PriceRow {
  rates: Partial<Record<TokenBucket, Rate>>
  /** Some vendors charge for the request itself. */
  requestNanoUsd: number
}

/** A row holds for the minute it was looked up in: finer than any schedule in the table. */
interface Lookup {
  minute: number
  row: PriceRow | undefined
}

/** Callers choose model names, so what is remembered of them is bounded. */
const MOST_MODELS = 1000
const NANO_USD_PER_MTOK_USD = 1000
const MINUTE_MS = 60_000

export function createPricer(options: PricerOptions = {}): Pricer {
  const free = new Set(options.free)
  const overrides = new Map(
    Object.entries(options.overrides ?? {}).map(([name, override]) => [name, rowOfOverride(override)]),
  )
  const lookups = new Map<string, Lookup>()
  return {
    price({ provider, priceProvider, model, tokens, at }) {
      if (free.has(provider)) return { costNanoUsd: 0, version: 'sandbox' }
      const override = overrides.size > 0 ? overrides.get(`${provider}/${model}`) : undefined
      if (override !== undefined) return priced(override, tokens, 'override')
      if (priceProvider === undefined) return undefined
      const row = lookUp(lookups, priceProvider, model, at)
      return row === undefined ? undefined : priced(row, tokens, PRICE_TABLE_VERSION)
    },
  }
}

function priced(row: PriceRow, tokens: Tokens, version: string): Price | undefined {
  let input = 0
  for (const bucket of INPUT_BUCKETS) input += tokens[bucket]
  let costNanoUsd = row.requestNanoUsd
  for (const bucket of TOKEN_BUCKETS) {
    const count = tokens[bucket]
    if (count === 0) continue
    const rate = row.rates[bucket]
    if (rate === undefined) return undefined
    costNanoUsd += Math.round(count * rateFor(rate, input))
  }
  return { costNanoUsd, version }
}

function rateFor(rate: Rate, input: number): number {
  let { nanoUsd } = rate
  for (const tier of rate.tiers) if (input > tier.above) nanoUsd = tier.nanoUsd
  return nanoUsd
}

function lookUp(
  lookups: Map<string, Lookup>,
  vendor: string,
  model: string,
  at: number,
): PriceRow | undefined {
  const key = `${vendor}\n${model}`
  const minute = Math.floor(at / MINUTE_MS)
  const known = lookups.get(key)
  if (known?.minute === minute) return known.row
  if (known === undefined && lookups.size >= MOST_MODELS) lookups.clear()
  const row = rowOfTable(vendor, model, at)
  lookups.set(key, { minute, row })
  return row
}

function rowOfTable(vendor: string, model: string, at: number): PriceRow | undefined {
  try {
    // Asked about nothing, the table only finds the row: its own arithmetic rounds nowhere and is slower.
    const found = calcPrice({}, model, { providerId: vendor, timestamp: new Date(at) })
    return found === null ? undefined : rowOfModelPrice(found.model_price)
  } catch {
    return undefined
  }
}

function rowOfModelPrice(price: ModelPrice): PriceRow | undefined {
  // The table has models whose price nobody filled in.
  if (Object.keys(price).length === 0) return undefined
  const rate = (...keys: readonly string[]): Rate | undefined => {
    const key = keys.find((candidate) => price[candidate] !== undefined)
    const stated = key === undefined ? undefined : price[key]
    if (stated === undefined) return undefined
    if (typeof stated === 'number') return { nanoUsd: stated * NANO_USD_PER_MTOK_USD, tiers: [] }
    return {
      nanoUsd: stated.base * NANO_USD_PER_MTOK_USD,
      tiers: stated.tiers
        .map((tier) => ({ above: tier.start, nanoUsd: tier.price * NANO_USD_PER_MTOK_USD }))
        .toSorted((one, other) => one.above - other.above),
    }
  }
  const perThousandRequests = price.requests_kcount
  return {
    rates: withoutUndefined({
      input: rate('input_mtok'),
      cache_read: rate('cache_read_mtok', 'input_mtok'),
      cache_write_5m: rate('cache_write_5m_mtok', 'cache_write_mtok', 'input_mtok'),
      cache_write_30m: rate('cache_write_mtok', 'input_mtok'),
      cache_write_1h: rate('cache_write_1h_mtok', 'cache_write_mtok', 'input_mtok'),
      audio_in: rate('input_audio_mtok', 'input_mtok'),
      image_in: rate('input_image_mtok', 'input_mtok'),
      output: rate('output_mtok'),
      reasoning: rate('output_reasoning_mtok', 'output_mtok'),
      audio_out: rate('output_audio_mtok', 'output_mtok'),
      image_out: rate('output_image_mtok', 'output_mtok'),
    }),
    requestNanoUsd: typeof perThousandRequests === 'number' ? Math.round(perThousandRequests * 1e6) : 0,
  }
}

function rowOfOverride(override: PriceOverride): PriceRow {
  const rates: Partial<Record<TokenBucket, Rate>> = {}
  for (const bucket of TOKEN_BUCKETS) {
    const isWrite = bucket.startsWith('cache_write')
    const side = INPUT_BUCKETS.includes(bucket) ? 'input' : 'output'
    const usd = override[bucket] ?? (isWrite ? override.cache_write : undefined) ?? override[side]
    if (usd !== undefined) rates[bucket] = { nanoUsd: usd * NANO_USD_PER_MTOK_USD, tiers: [] }
  }
  return { rates, requestNanoUsd: 0 }
}

function withoutUndefined(rates: Record<TokenBucket, Rate | undefined>): Partial<Record<TokenBucket, Rate>> {
  const stated: Partial<Record<TokenBucket, Rate>> = {}
  for (const bucket of TOKEN_BUCKETS) {
    const rate = rates[bucket]
    if (rate !== undefined) stated[bucket] = rate
  }
  return stated
}
