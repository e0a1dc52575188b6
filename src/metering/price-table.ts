/** The public price table: the one that ships, or a newer one that `prices update` fetched. */
import { calcPrice, findProvider, type Provider } from '@pydantic/genai-prices'
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import { type PriceRow, READ_TABLE_KEYS, rowOfModelPrice } from './price-row.ts'

/** The shipped table's version, which its package does not export; a test holds it to the one installed. */
export const PRICE_TABLE_VERSION = 'genai-prices@0.1.8'
/** When that version was published, as Unix milliseconds. */
const SHIPPED_AT = Date.UTC(2026, 8, 23, 10, 11)

export interface PriceTable {
  version: string
  /** Unix milliseconds: when it was published, or fetched. */
  at: number
  origin: 'shipped' | 'fetched'
  /** Undefined where the table has no price of the model. */
  row(vendor: string, model: string, at: number): PriceRow | undefined
  /** Ids of the vendor's models, in the table's order. */
  models(vendor: string): readonly string[]
}

/** A fetched table as it is kept in the data folder. */
export interface KeptTable {
  version: string
  /** ISO 8601. */
  fetched_at: string
  source: string
  providers: readonly Provider[]
}

export function shippedPriceTable(): PriceTable {
  return {
    version: PRICE_TABLE_VERSION,
    at: SHIPPED_AT,
    origin: 'shipped',
    row: (vendor, model, at) => rowIn(model, at, vendor, { providerId: vendor }),
    models: (vendor) => (findProvider({ providerId: vendor })?.models ?? []).map(({ id }) => id),
  }
}

/** `kept` is the text of a `KeptTable`; undefined where it is none, or older than the table that ships. */
export function keptPriceTable(kept: string): PriceTable | undefined {
  const parsed = parseJson(kept)
  if (!isObject(parsed) || typeof parsed.version !== 'string') return undefined
  const at = Date.parse(String(parsed.fetched_at))
  if (!(at > SHIPPED_AT) || !Array.isArray(parsed.providers)) return undefined
  const byVendor = new Map(
    (parsed.providers as readonly Provider[]).map((provider) => [provider.id, provider]),
  )
  const { version } = parsed
  return {
    version,
    at,
    origin: 'fetched',
    row(vendor, model, when) {
      const provider = byVendor.get(vendor)
      // The library would look for the models of others in the table that ships.
      const others = provider?.fallback_model_providers?.map((id) => byVendor.get(id)) ?? []
      for (const candidate of [provider, ...others]) {
        if (candidate === undefined) continue
        const { fallback_model_providers: _, ...alone } = candidate
        const row = rowIn(model, when, vendor, { provider: alone })
        if (row !== undefined) return row
      }
      return undefined
    },
    models: (vendor) => (byVendor.get(vendor)?.models ?? []).map(({ id }) => id),
  }
}

/**
 * What a price server answered, checked and without what nothing here reads.
 * @returns a sentence where it is no price table
 */
export function checkedProviders(text: string): readonly Provider[] | string {
  const parsed = parseJson(text)
  if (!Array.isArray(parsed) || parsed.length === 0) return 'it is not a list of providers with their models'
  try {
    const providers = (parsed as readonly Provider[]).map(slim)
    for (const provider of providers) for (const model of provider.models) checkModel(provider, model)
    return providers
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Prices that this version does not know would be complained of at every look-up. */
function slim({
  id,
  name,
  api_pattern,
  fallback_model_providers,
  provider_match,
  models,
}: Provider): Provider {
  const pruned = <Price extends object>(price: Price): Price =>
    Object.fromEntries(Object.entries(price).filter(([key]) => READ_TABLE_KEYS.has(key))) as Price
  return {
    id: String(id),
    name,
    api_pattern,
    ...(fallback_model_providers === undefined ? {} : { fallback_model_providers }),
    ...(provider_match === undefined ? {} : { provider_match }),
    models: models.map((model) => ({
      id: model.id,
      match: model.match,
      prices: Array.isArray(model.prices)
        ? model.prices.map((price) => ({ ...price, prices: pruned(price.prices) }))
        : pruned(model.prices),
    })),
  }
}

/** @throws Error of the library, which names what is wrong */
function checkModel(provider: Provider, model: Provider['models'][number]): void {
  const name = `${provider.id}/${model.id}`
  if (typeof model.id !== 'string' || !isObject(model.match)) throw new Error(`${name} is no model`)
  // Whole, for the conditions of its prices, and at each price, whenever that holds.
  const variants = Array.isArray(model.prices) ? model.prices.map(({ prices }) => prices) : []
  for (const prices of [model.prices, ...variants]) {
    const alone = { ...provider, models: [{ ...model, match: { equals: model.id }, prices }] }
    if (calcPrice({}, model.id, { provider: alone }) === null)
      throw new Error(`${name} cannot be found in it`)
  }
}

function rowIn(
  model: string,
  at: number,
  vendor: string,
  where: { providerId: string } | { provider: Provider },
): PriceRow | undefined {
  try {
    // Asked about nothing, the table only finds the row: its own arithmetic rounds nowhere and is slower.
    // Vertex AI names the publisher before its own models.
    const name = vendor === 'google' ? model.replace(/^google\//, '') : model
    const found = calcPrice({}, name, { ...where, timestamp: new Date(at) })
    return found === null ? undefined : rowOfModelPrice(found.model_price, vendor)
  } catch {
    return undefined
  }
}
