/** What an attempt cost: an operator's own prices first, else what the provider says it charged, else the public price table; an unknown price is undefined, never 0. */
import { type PriceOverride, type PriceRow, type Rate, rateFor, rowOfOverride } from './price-row.ts'
import { type PriceTable, shippedPriceTable } from './price-table.ts'
import { knownTiers, type ServiceTiers, tierFactor } from './service-tiers.ts'
import { HOURLY, type HourlyCost, type HourlyCosts, StandingRates } from './standing-cost.ts'
import { billsAsStated } from './stated-cost.ts'
import type { Terms } from './terms.ts'
import { countsInOrder, INPUT_BUCKETS, TOKEN_BUCKETS, type Tokens } from './tokens.ts'
import type { Unit, Units } from './units.ts'

interface PricedModel {
  /** The provider's name in the configuration. */
  provider: string
  /** Its vendor in the price table; undefined where self-hosted. */
  priceProvider: string | undefined
  model: string
  /** Unix milliseconds: prices change over time, and some within the day. */
  at: number
}

interface PriceQuestion extends PricedModel {
  tokens: Tokens
  terms?: Terms | undefined
}

export interface Price {
  /** Rounded once a bucket. */
  costNanoUsd: number
  /** Where the price came from: `override`, `stated` by the provider, `hourly`, `genai-prices@…`, `sandbox`. */
  version: string
}

/** What a model costs, for showing it. */
export interface PriceList {
  row: PriceRow
  version: string
  /** Multiples of the list price by service tier. */
  tiers: ServiceTiers
  /** In place of prices for tokens. */
  hourly?: HourlyCost
}

export interface Pricer {
  price(question: PriceQuestion): Price | undefined
  list(model: PricedModel): PriceList | undefined
  /** To be told of what was served, where something costs by the hour. */
  readonly rates: StandingRates | undefined
  readonly table: PriceTable
}

export interface PricerOptions {
  /** By `provider/model`, or `provider/*` for those of its models that have none of their own. */
  overrides?: Readonly<Record<string, PriceOverride>>
  /** Names of providers that cost nothing. */
  free?: readonly string[]
  serviceTiers?: ServiceTiers
  /** Providers whose models have no price of their own: what the hour costs is shared by what it serves. */
  hourly?: HourlyCosts
  /** From when on those cost, in Unix milliseconds; without it none has a price. */
  now?: number
  /** Default: the one that ships. */
  table?: PriceTable | undefined
}

/** A row holds for the minute it was looked up in: finer than any schedule in the table. */
interface Lookup {
  minute: number
  row: PriceRow | undefined
}

const NOTHING: Rate = { nanoUsd: 0, tiers: [] }
const FREE: PriceRow = {
  inOrder: TOKEN_BUCKETS.map(() => NOTHING),
  rates: Object.fromEntries(TOKEN_BUCKETS.map((bucket) => [bucket, NOTHING])),
  units: { audio_seconds: 0, images: 0, characters: 0 },
  requestNanoUsd: 0,
  searchNanoUsd: 0,
  minimumAudioSeconds: 0,
}
const UNPRICED: PriceRow = { ...FREE, inOrder: [], rates: {}, units: {}, searchNanoUsd: undefined }
const CACHE_READ = TOKEN_BUCKETS.indexOf('cache_read')
const NO_TERMS: Terms = {}
/** A price's version where it is the provider's own word. */
export const STATED = 'stated'
/** Callers choose model names, so what is remembered of them is bounded. */
const MOST_MODELS = 1000
const MINUTE_MS = 60_000

export function createPricer(options: PricerOptions = {}): Pricer {
  const free = new Set(options.free)
  const table = options.table ?? shippedPriceTable()
  const serviceTiers = options.serviceTiers ?? {}
  const overrides = new Map(
    Object.entries(options.overrides ?? {}).map(([name, override]) => [name, rowOfOverride(override)]),
  )
  const overrideOf = ({ provider, model }: Pick<PricedModel, 'provider' | 'model'>): PriceRow | undefined =>
    overrides.size === 0
      ? undefined
      : (overrides.get(`${provider}/${model}`) ?? overrides.get(`${provider}/*`))
  const { hourly = new Map(), now } = options
  const rates = hourly.size > 0 && now !== undefined ? new StandingRates(hourly, now) : undefined
  const isHourly = (model: PricedModel): boolean =>
    hourly.size > 0 && hourly.has(model.provider) && overrideOf(model) === undefined
  const lookups = new Map<string, Lookup>()
  const find = ({ provider, priceProvider, model, at }: PricedModel) => {
    if (free.has(provider)) return { row: FREE, version: 'sandbox' }
    const override = overrideOf({ provider, model })
    if (override !== undefined) return { row: override, version: 'override' }
    if (priceProvider === undefined) return undefined
    const row = lookUp(table, lookups, priceProvider, model, at)
    return row && { row, version: table.version }
  }
  const isStated = ({ provider, priceProvider, model }: PricedModel): boolean =>
    billsAsStated(priceProvider) && !free.has(provider) && overrideOf({ provider, model }) === undefined
  return {
    table,
    rates,
    price(question) {
      const { terms = NO_TERMS } = question
      if (isHourly(question)) {
        const share = rates?.nanoUsdFor(question.provider, question.tokens, question.at)
        return share === undefined ? undefined : { costNanoUsd: share, version: HOURLY }
      }
      if (terms.statedNanoUsd !== undefined && isStated(question)) {
        return { costNanoUsd: terms.statedNanoUsd, version: STATED }
      }
      const found = find(question)
      const factor = tierFactor(terms.serviceTier, question.priceProvider, serviceTiers)
      if (found === undefined || factor === undefined) return undefined
      const costNanoUsd = costOf(found.row, question.tokens, terms, factor)
      return costNanoUsd === undefined ? undefined : { costNanoUsd, version: found.version }
    },
    list(model) {
      const cost = isHourly(model) ? hourly.get(model.provider) : undefined
      if (cost !== undefined) return { row: UNPRICED, version: HOURLY, tiers: {}, hourly: cost }
      const found = find(model)
      return found && { ...found, tiers: knownTiers(model.priceProvider, serviceTiers) }
    },
  }
}

/** Nano-dollars; undefined where anything that was used has no price. */
function costOf(row: PriceRow, tokens: Tokens, terms: Terms, factor: number): number | undefined {
  const { requests = 1 } = terms
  let cost = requests * row.requestNanoUsd + (terms.webSearches ?? 0) * (row.searchNanoUsd ?? 0)
  if (terms.units !== undefined) {
    const units = unitsCost(row, terms.units, factor)
    if (units === undefined) return undefined
    cost += units
    // Speech that is sold by the minute has its tokens reported all the same.
    if (!hasRates(row)) return cost
  }
  const counts = countsInOrder(tokens)
  let input = 0
  for (let index = 0; index < INPUT_BUCKETS.length; index++) input += counts[index] ?? 0
  input /= requests
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index] ?? 0
    if (count === 0) continue
    const rate = row.inOrder[index]
    if (rate === undefined) return undefined
    const exact = index === CACHE_READ ? cachedCost(row, count, terms, input) : count * rateFor(rate, input)
    cost += rounded(exact * factor)
  }
  return cost
}

/** Audio and images read from a cache may cost other than text; it is one bucket all the same, rounded once. */
function cachedCost(row: PriceRow, count: number, terms: Terms, input: number): number {
  const { cache_read: text, cached_audio: audio = text, cached_image: image = text } = row.rates
  if (text === undefined || audio === undefined || image === undefined) return 0
  const { cachedAudio = 0, cachedImage = 0 } = terms
  return (
    (count - cachedAudio - cachedImage) * rateFor(text, input) +
    cachedAudio * rateFor(audio, input) +
    cachedImage * rateFor(image, input)
  )
}

function hasRates(row: PriceRow): boolean {
  for (const _ in row.rates) return true
  return false
}

function unitsCost(row: PriceRow, units: Units, factor: number): number | undefined {
  let sum = 0
  for (const unit of Object.keys(units) as Unit[]) {
    if (units[unit] === 0) continue
    const nanoUsd = row.units[unit]
    if (nanoUsd === undefined) return undefined
    const count = unit === 'audio_seconds' ? Math.max(units[unit], row.minimumAudioSeconds) : units[unit]
    sum += rounded(count * nanoUsd * factor)
  }
  return sum
}

/** Halves up. 35 × 0.7 is a hair below 24.5 in binary: what is nearer to a half than any price can be, is a half. */
function rounded(nanoUsd: number): number {
  return Math.floor(nanoUsd + 0.5 + nanoUsd * 2 ** -50)
}

function lookUp(
  table: PriceTable,
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
  const row = table.row(vendor, model, at)
  lookups.set(key, { minute, row })
  return row
}
