/** What one model costs: a rate for each token bucket and for what is not counted in tokens. */
import type { ModelPrice } from '@pydantic/genai-prices'
import { INPUT_BUCKETS, TOKEN_BUCKETS, type TokenBucket } from './tokens.ts'
import type { Unit } from './units.ts'

/** USD per million tokens, and characters of speech; a minute of audio and an image in USD each. A bucket without a price costs its side's `input` or `output`. */
export type PriceOverride = Readonly<
  Partial<Record<TokenBucket | 'cache_write' | 'audio_minute' | 'image' | 'characters', number>>
>

/** Media that was read from a provider's cache. */
type CachedMedia = 'cached_audio' | 'cached_image'

/** A price of one token in nano-dollars, which may depend on the size of the whole input. */
export interface Rate {
  nanoUsd: number
  /** Ascending; the last one whose `above` the input exceeds replaces `nanoUsd`. */
  tiers: readonly { above: number; nanoUsd: number }[]
}

export interface PriceRow {
  /** In the order of `TOKEN_BUCKETS`. */
  inOrder: readonly (Rate | undefined)[]
  rates: Readonly<Partial<Record<TokenBucket | CachedMedia, Rate>>>
  /** Nano-dollars each. */
  units: Readonly<Partial<Record<Unit, number>>>
  /** Some vendors charge for the request itself. */
  requestNanoUsd: number
  /** Undefined where none is stated; searches are then part of the token price. */
  searchNanoUsd: number | undefined
  /** Shorter audio is charged as if it lasted this long. */
  minimumAudioSeconds: number
}

/** A price of USD per million is this many nano-dollars each. */
const NANO_USD_PER_MTOK_USD = 1000
const GROQ_MINIMUM_AUDIO_SECONDS = 10

/** Keys of the table by bucket, the nearest first: a bucket that the table does not price apart costs what holds it. */
const TABLE_KEYS: Readonly<Record<TokenBucket | CachedMedia, readonly string[]>> = {
  input: ['input_text_mtok', 'input_mtok'],
  cache_read: ['cache_text_read_mtok', 'cache_read_mtok', 'input_mtok'],
  cache_write_5m: ['cache_write_5m_mtok', 'cache_write_mtok', 'input_mtok'],
  cache_write_30m: ['cache_write_mtok', 'input_mtok'],
  cache_write_1h: ['cache_write_1h_mtok', 'cache_write_mtok', 'input_mtok'],
  audio_in: ['input_audio_mtok', 'input_mtok'],
  image_in: ['input_image_mtok', 'input_mtok'],
  output: ['output_text_mtok', 'output_mtok'],
  reasoning: ['output_reasoning_mtok', 'output_mtok'],
  audio_out: ['output_audio_mtok', 'output_mtok'],
  image_out: ['output_image_mtok', 'output_mtok'],
  cached_audio: ['cache_audio_read_mtok'],
  cached_image: ['cache_image_read_mtok'],
}

/** Every key of the table that a price here rests on. */
export const READ_TABLE_KEYS: ReadonlySet<string> = new Set([
  ...Object.values(TABLE_KEYS).flat(),
  'requests_kcount',
  'web_searches_kcount',
  'audio_hours',
  'input_audio_hours',
  'input_mchars',
])

/** Undefined where nobody filled the model's price in, or it is by something that is not counted here, such as pages. */
export function rowOfModelPrice(price: ModelPrice, vendor: string): PriceRow | undefined {
  if (!Object.keys(price).some((key) => READ_TABLE_KEYS.has(key))) return undefined
  const rates: Partial<Record<TokenBucket | CachedMedia, Rate>> = {}
  for (const bucket of [...TOKEN_BUCKETS, 'cached_audio', 'cached_image'] as const) {
    const rate = rateOf(
      price,
      isAudioApart(bucket, vendor) ? TABLE_KEYS[bucket].slice(0, 1) : TABLE_KEYS[bucket],
    )
    if (rate !== undefined) rates[bucket] = rate
  }
  const hour = numberAt(price, 'input_audio_hours') ?? numberAt(price, 'audio_hours')
  const characters = numberAt(price, 'input_mchars')
  const searches = numberAt(price, 'web_searches_kcount')
  return {
    inOrder: TOKEN_BUCKETS.map((bucket) => rates[bucket]),
    rates,
    units: {
      ...(hour === undefined ? {} : { audio_seconds: (hour * 1e9) / 3600 }),
      ...(characters === undefined ? {} : { characters: perMillion(characters) }),
    },
    requestNanoUsd: Math.round((numberAt(price, 'requests_kcount') ?? 0) * 1e6),
    searchNanoUsd: searches === undefined ? undefined : Math.round(searches * 1e6),
    minimumAudioSeconds: vendor === 'groq' ? GROQ_MINIMUM_AUDIO_SECONDS : 0,
  }
}

export function rowOfOverride(override: PriceOverride): PriceRow {
  const rates: Partial<Record<TokenBucket, Rate>> = {}
  for (const bucket of TOKEN_BUCKETS) {
    const isWrite = bucket.startsWith('cache_write')
    const side = INPUT_BUCKETS.includes(bucket) ? 'input' : 'output'
    const usd = override[bucket] ?? (isWrite ? override.cache_write : undefined) ?? override[side]
    if (usd !== undefined) rates[bucket] = { nanoUsd: perMillion(usd), tiers: [] }
  }
  const { audio_minute: minute, image, characters } = override
  return {
    inOrder: TOKEN_BUCKETS.map((bucket) => rates[bucket]),
    rates,
    units: {
      ...(minute === undefined ? {} : { audio_seconds: (minute * 1e9) / 60 }),
      ...(image === undefined ? {} : { images: image * 1e9 }),
      ...(characters === undefined ? {} : { characters: perMillion(characters) }),
    },
    requestNanoUsd: 0,
    searchNanoUsd: undefined,
    minimumAudioSeconds: 0,
  }
}

/** OpenAI prices audio at a multiple of text wherever a model takes it, so that a row without its price is incomplete. */
function isAudioApart(bucket: TokenBucket | CachedMedia, vendor: string): boolean {
  return (bucket === 'audio_in' || bucket === 'audio_out') && (vendor === 'openai' || vendor === 'azure')
}

/** Nano-dollars a token for a request of `inputTokens` in all. */
export function rateFor(rate: Rate, inputTokens: number): number {
  let { nanoUsd } = rate
  if (rate.tiers.length === 0) return nanoUsd
  for (const tier of rate.tiers) if (inputTokens > tier.above) nanoUsd = tier.nanoUsd
  return nanoUsd
}

function rateOf(price: ModelPrice, keys: readonly string[]): Rate | undefined {
  const key = keys.find((candidate) => price[candidate] !== undefined)
  const stated = key === undefined ? undefined : price[key]
  if (stated === undefined) return undefined
  if (typeof stated === 'number') return { nanoUsd: perMillion(stated), tiers: [] }
  return {
    nanoUsd: perMillion(stated.base),
    tiers: stated.tiers
      .map((tier) => ({ above: tier.start, nanoUsd: perMillion(tier.price) }))
      .toSorted((one, other) => one.above - other.above),
  }
}

function numberAt(price: ModelPrice, key: string): number | undefined {
  const stated = price[key]
  return typeof stated === 'number' ? stated : undefined
}

/** The double nearest to the decimal that is meant: 0.0375 × 1000 is 37.5, not a hair below it. */
function perMillion(usd: number): number {
  return Number((usd * NANO_USD_PER_MTOK_USD).toPrecision(15))
}
