import { type Provider, waitForUpdate } from '@pydantic/genai-prices'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPricer } from '../../src/metering/price.ts'
import { checkedProviders, keptPriceTable, shippedPriceTable } from '../../src/metering/price-table.ts'
import { noTokens } from '../../src/metering/tokens.ts'

const AT = Date.UTC(2026, 10, 25, 12)
const PROVIDERS: readonly Provider[] = [
  {
    id: 'openai',
    name: 'OpenAI',
    api_pattern: 'https://api\\.openai\\.com',
    models: [
      {
        id: 'gpt-7',
        match: { starts_with: 'gpt-7' },
        prices: [
          { prices: { input_mtok: 1, cache_read_mtok: 0.1, output_mtok: 4 } },
          {
            constraint: { type: 'start_date', start_date: '2026-11-01' },
            prices: { input_mtok: { base: 2, tiers: [{ start: 1000, price: 3 }] }, output_mtok: 8 },
          },
        ],
      },
    ],
  },
  {
    id: 'azure',
    name: 'Azure',
    api_pattern: 'https://.*\\.azure\\.com',
    fallback_model_providers: ['openai'],
    models: [{ id: 'own', match: { equals: 'own' }, prices: { input_mtok: 5, output_mtok: 5 } }],
  },
]

function kept(fetchedAt: string, providers: unknown = PROVIDERS): string {
  return JSON.stringify({ version: 'genai-prices@new', fetched_at: fetchedAt, source: 'test', providers })
}

describe('keptPriceTable', () => {
  afterEach(() => vi.restoreAllMocks())

  it('prices by what was fetched, dates, tiers and fallen-back vendors included', () => {
    const pricer = createPricer({ table: keptPriceTable(kept('2026-11-20T00:00:00Z')) })
    const cost = (priceProvider: string, model: string, input: number, at = AT) =>
      pricer.price({ provider: 'p', priceProvider, model, at, tokens: { ...noTokens(), input, output: 1 } })
    expect(cost('openai', 'gpt-7-mini', 10)).toEqual({
      costNanoUsd: 10 * 2000 + 8000,
      version: 'genai-prices@new',
    })
    expect(cost('openai', 'gpt-7', 1001)?.costNanoUsd).toBe(1001 * 3000 + 8000)
    expect(cost('openai', 'gpt-7', 10, Date.UTC(2026, 9, 31))?.costNanoUsd).toBe(10 * 1000 + 4000)
    expect(cost('azure', 'gpt-7', 10)?.costNanoUsd).toBe(10 * 2000 + 8000)
    expect(cost('azure', 'own', 10)?.costNanoUsd).toBe(11 * 5000)
    // What ships is not asked any more, not even for what the new table lacks.
    expect(cost('openai', 'gpt-4o', 10)).toBeUndefined()
    expect(cost('azure', 'gpt-4o', 10)).toBeUndefined()
    expect(cost('mistral', 'mistral-large', 10)).toBeUndefined()
  })

  it('prices every model of the table that ships as that one does, once it was fetched', async () => {
    const fetched = checkedProviders(JSON.stringify(await waitForUpdate()))
    if (typeof fetched === 'string') throw new Error(fetched)
    const table = keptPriceTable(kept('2026-11-20T00:00:00Z', fetched))
    const shipped = shippedPriceTable()
    const vendors = [
      'openai',
      'anthropic',
      'google',
      'azure',
      'deepseek',
      'groq',
      'mistral',
      'openrouter',
      'x-ai',
    ]
    const different = vendors.flatMap((vendor) =>
      [...shipped.models(vendor), 'claude-sonnet-4-5', 'gpt-4o'].filter(
        (model) =>
          JSON.stringify(table?.row(vendor, model, AT)) !== JSON.stringify(shipped.row(vendor, model, AT)),
      ),
    )
    expect(different).toEqual([])
    expect(table?.models('openrouter').length).toBeGreaterThan(500)
  })

  it.each([
    ['one that is older than the table that ships', kept('2026-09-01T00:00:00Z')],
    ['one without a date', kept('')],
    ['one without providers', kept('2026-11-20T00:00:00Z', {})],
    ['half a file', kept('2026-11-20T00:00:00Z').slice(0, 100)],
    ['an empty file', ''],
  ])('leaves %s', (_name, text) => {
    expect(keptPriceTable(text)).toBeUndefined()
  })
})

describe('checkedProviders', () => {
  it('keeps what prices rest on and drops prices that nothing here knows, silently', () => {
    const warn = vi.spyOn(console, 'warn')
    const [openai] = PROVIDERS
    const model = { id: 'm', match: { equals: 'm' }, prices: { input_mtok: 1, thoughts_per_fortnight: 3 } }
    const providers = checkedProviders(JSON.stringify([{ ...openai, pricing_urls: ['x'], models: [model] }]))
    expect(providers).toEqual([
      {
        id: 'openai',
        name: 'OpenAI',
        api_pattern: 'https://api\\.openai\\.com',
        models: [{ ...model, prices: { input_mtok: 1 } }],
      },
    ])
    expect(warn).not.toHaveBeenCalled()
  })

  it.each([
    ['a page', '<html>', /not a list/],
    ['an object', '{"providers":[]}', /not a list/],
    ['an empty list', '[]', /not a list/],
    ['a provider without models', '[{"id":"openai"}]', /./],
    ['a price that is a text', JSON.stringify(withPrices({ input_mtok: '3' })), /input_mtok/],
    ['a negative price', JSON.stringify(withPrices({ input_mtok: -1 })), /input_mtok/],
    [
      'a condition that nobody knows',
      JSON.stringify(withPrices([{ constraint: { moon: 'full' }, prices: { input_mtok: 1 } }])),
      /constraint/,
    ],
  ])('says what is wrong with %s', (_name, text, expected) => {
    expect(checkedProviders(text)).toMatch(expected)
  })
})

describe('shippedPriceTable', () => {
  it('lists the models of a vendor, and none of one that it does not know', () => {
    expect(shippedPriceTable().models('openai')).toContain('gpt-5.5')
    expect(shippedPriceTable().models('nobody')).toEqual([])
  })
})

function withPrices(prices: unknown) {
  return [{ id: 'p', name: 'P', api_pattern: 'p', models: [{ id: 'm', match: { equals: 'm' }, prices }] }]
}
