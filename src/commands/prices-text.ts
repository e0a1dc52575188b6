/** Prices as a person reads them on a terminal. */
import { TOKEN_BUCKETS } from '../metering/tokens.ts'
import { hourlyPrice } from './hourly-text.ts'
import type { ModelPrices, PricesAnswer } from './prices.ts'
import { type Column, printable, textTable } from './table.ts'

const LIST_BUCKETS = ['input', 'cache_read', 'cache_write_5m', 'output'] as const
const LIST_COLUMNS: readonly Column[] = [
  { title: 'model', align: 'left' },
  { title: 'input', align: 'right' },
  { title: 'cache read', align: 'right' },
  { title: 'cache write', align: 'right' },
  { title: 'output', align: 'right' },
  { title: 'price from', align: 'left' },
]
const NONE = '–'

/** `asked`: the one model that was asked for. */
export function pricesText({ table, models }: PricesAnswer, asked: string | undefined): readonly string[] {
  const [first] = models
  const about = `Price table ${table.version}, ${table.origin === 'shipped' ? 'as it ships' : 'fetched'}, ${days(table.age_days)} old; \`trimtab prices update\` fetches the newest.`
  if (asked !== undefined && first !== undefined) return [...modelText(first, asked), '', about]
  if (models.length === 0) return ['No model of the configured providers has a known price.', about]
  const rows = models.map((model) => [
    model.model,
    ...LIST_BUCKETS.map((bucket) => amount(model.usd_per_million?.[bucket])),
    hourly(model) ?? model.source ?? 'no price',
  ])
  return ['USD per million tokens', '', textTable(LIST_COLUMNS, rows), '', about]
}

function modelText(model: ModelPrices, asked: string): readonly string[] {
  const name = asked === model.model ? model.model : `${asked}, which is ${model.model},`
  if (model.source === null) {
    return [
      printable(
        `${name} has no known price: its tokens are counted and left out of costs. Set it under \`prices.overrides\`.`,
      ),
    ]
  }
  const byTheHour = hourly(model)
  if (byTheHour !== undefined) return [printable(`${name} costs ${byTheHour}`)]
  const columns: Column[] = [
    { title: 'USD per million tokens', align: 'left' },
    { title: 'price', align: 'right' },
    ...model.above.map(
      ({ input_tokens }): Column => ({
        title: `above ${input_tokens.toLocaleString('en-US')} in`,
        align: 'right',
      }),
    ),
  ]
  const rows = TOKEN_BUCKETS.filter((bucket) => model.usd_per_million?.[bucket] !== undefined).map(
    (bucket) => [
      bucket,
      amount(model.usd_per_million?.[bucket]),
      ...model.above.map(({ usd_per_million }) => amount(usd_per_million[bucket])),
    ],
  )
  const table = rows.length === 0 ? [] : ['', textTable(columns, rows)]
  return [printable(`${name} at the prices of ${model.source}`), ...table, ...others(model)]
}

function others(model: ModelPrices): readonly string[] {
  const each: readonly (readonly [string, number | null])[] = [
    ['a request', model.request_usd],
    ['a web search', model.search_usd],
    ['a minute of audio', model.audio_minute_usd],
    ['an image', model.image_usd],
    ['a million characters of speech', model.million_characters_usd],
  ]
  const prices = each.flatMap(([thing, price]) => (price === null ? [] : [`USD ${amount(price)} ${thing}`]))
  const tiers = Object.entries(model.service_tiers).map(([tier, factor]) => `${tier} × ${factor}`)
  return [
    ...(prices.length === 0 ? [] : ['', prices.join(', ')]),
    ...(tiers.length === 0 ? [] : ['', `Service tiers: ${tiers.join(', ')}; others have no known price.`]),
  ]
}

/** Undefined where its tokens have prices. */
function hourly({ usd_per_hour: usdPerHour, replicas }: ModelPrices): string | undefined {
  return usdPerHour === null ? undefined : hourlyPrice(usdPerHour, replicas ?? 1)
}

function amount(usd: number | undefined): string {
  return usd === undefined ? NONE : String(usd)
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`
}
