/** `trimtab prices [MODEL]`: what models cost by token bucket, and where the price comes from. */
import type { PriceList, Pricer } from '../metering/price.ts'
import { type Rate, rateFor } from '../metering/price-row.ts'
import type { PriceTable } from '../metering/price-table.ts'
import type { ServiceTiers } from '../metering/service-tiers.ts'
import { TOKEN_BUCKETS, type TokenBucket } from '../metering/tokens.ts'
import { modelNotFound, type Registry } from '../providers/registry.ts'
import type { Output } from './output.ts'
import { pricesText } from './prices-text.ts'

export interface PricesParts {
  registry: Registry
  pricer: Pricer
  /** `provider/model` of every override. */
  overridden: readonly string[]
  /** Unix milliseconds. */
  now: number
}

/** USD; null where no price is known. */
export interface ModelPrices {
  /** `provider/model`. */
  model: string
  /** `override`, `sandbox` or the table's version; null where no price is known. */
  source: string | null
  usd_per_million: Partial<Record<TokenBucket, number>> | null
  /** What replaces those prices for requests of more input tokens than these; ascending. */
  above: readonly { input_tokens: number; usd_per_million: Partial<Record<TokenBucket, number>> }[]
  request_usd: number | null
  search_usd: number | null
  audio_minute_usd: number | null
  image_usd: number | null
  /** Of speech. */
  million_characters_usd: number | null
  /** In place of prices for tokens: of each of so many replicas, over what is served; null where tokens have prices. */
  usd_per_hour: number | null
  replicas: number | null
  /** Multiples of these prices by service tier. */
  service_tiers: ServiceTiers
}

export interface PricesAnswer {
  table: { version: string; origin: PriceTable['origin']; at: string; age_days: number }
  models: readonly ModelPrices[]
}

const DAY_MS = 86_400_000

/**
 * Returns the exit code.
 * @throws Failure `model_not_found`
 */
export async function pricesCommand(
  asked: string | undefined,
  options: { json?: boolean },
  parts: PricesParts,
  output: Output,
): Promise<number> {
  const { table } = parts.pricer
  const answer: PricesAnswer = {
    table: {
      version: table.version,
      origin: table.origin,
      at: new Date(table.at).toISOString(),
      age_days: Math.max(0, Math.floor((parts.now - table.at) / DAY_MS)),
    },
    models: asked === undefined ? everyModel(parts) : [oneModel(asked, parts)],
  }
  if (options.json) output.out(JSON.stringify(answer, null, 2))
  else for (const line of pricesText(answer, asked)) output.out(line)
  return 0
}

function oneModel(asked: string, parts: PricesParts): ModelPrices {
  const target = parts.registry.lookup(asked)
  if (target === undefined) throw modelNotFound(parts.registry, asked)
  const { provider, model } = target
  return pricesOf(`${provider.name}/${model}`, listOf(provider.name, provider.priceProvider, model, parts))
}

/** Every model that a provider is known to have, and that has a price or was named by the operator. */
function everyModel(parts: PricesParts): ModelPrices[] {
  return [...parts.registry.providers.values()].flatMap(({ name, priceProvider, models, free }) => {
    if (free) return []
    const own = parts.overridden
      .filter((model) => model.startsWith(`${name}/`))
      .map((model) => model.slice(name.length + 1))
    const listed = new Set([...models.keys(), ...own])
    const priced = priceProvider === undefined ? [] : parts.pricer.table.models(priceProvider)
    return [...new Set([...listed, ...priced])].flatMap((model) => {
      const list = listOf(name, priceProvider, model, parts)
      return list === undefined && !listed.has(model) ? [] : [pricesOf(`${name}/${model}`, list)]
    })
  })
}

function listOf(
  provider: string,
  priceProvider: string | undefined,
  model: string,
  { pricer, now }: PricesParts,
): PriceList | undefined {
  return pricer.list({ provider, priceProvider, model, at: now })
}

function pricesOf(model: string, list: PriceList | undefined): ModelPrices {
  const row = list?.row
  const bounds = new Set(
    Object.values(row?.rates ?? {}).flatMap(({ tiers }) => tiers.map(({ above }) => above)),
  )
  const second = row?.units.audio_seconds
  const image = row?.units.images
  const characters = row?.units.characters
  return {
    model,
    source: list?.version ?? null,
    usd_per_million: row === undefined ? null : perMillion(row.rates, 0),
    above: [...bounds]
      .toSorted((one, other) => one - other)
      .map((input_tokens) => ({
        input_tokens,
        usd_per_million: perMillion(row?.rates ?? {}, input_tokens + 1),
      })),
    request_usd: usd(row?.requestNanoUsd === 0 ? undefined : row?.requestNanoUsd),
    search_usd: usd(row?.searchNanoUsd),
    audio_minute_usd: usd(second === undefined ? undefined : second * 60),
    image_usd: usd(image),
    million_characters_usd: usd(characters === undefined ? undefined : characters * 1e6),
    usd_per_hour: usd(list?.hourly?.nanoUsdPerHour),
    replicas: list?.hourly?.replicas ?? null,
    service_tiers: list?.tiers ?? {},
  }
}

function perMillion(
  rates: Readonly<Partial<Record<TokenBucket, Rate>>>,
  inputTokens: number,
): Partial<Record<TokenBucket, number>> {
  const prices: Partial<Record<TokenBucket, number>> = {}
  for (const bucket of TOKEN_BUCKETS) {
    const rate = rates[bucket]
    if (rate !== undefined) prices[bucket] = Number((rateFor(rate, inputTokens) / 1000).toPrecision(12))
  }
  return prices
}

function usd(nanoUsd: number | undefined): number | null {
  return nanoUsd === undefined ? null : Number((nanoUsd / 1e9).toPrecision(12))
}
