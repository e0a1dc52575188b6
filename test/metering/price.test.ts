import { readFileSync } from 'node:fs'
import { calcPrice, findProvider, type Usage as TableUsage } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPricer } from '../../src/metering/price.ts'
import { PRICE_TABLE_VERSION } from '../../src/metering/price-table.ts'
import { INPUT_BUCKETS, noTokens, TOKEN_BUCKETS, type Tokens } from '../../src/metering/tokens.ts'

const AT = Date.UTC(2026, 10, 25, 12, 0)
const VENDORS = [
  'openai',
  'anthropic',
  'azure',
  'deepseek',
  'google',
  'groq',
  'mistral',
  'openrouter',
  'x-ai',
  'together',
]

describe('createPricer', () => {
  it('names the price table that is installed', () => {
    const file = new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
    expect(PRICE_TABLE_VERSION).toBe(`genai-prices@${version}`)
  })

  it.each(VENDORS)('agrees with the table on every model of %s that it prices by token', (vendor) => {
    const pricer = createPricer()
    const tokens = { ...noTokens(), input: 3001, cache_read: 907, output: 211, reasoning: 53 }
    const models = (findProvider({ providerId: vendor })?.models ?? []).map((model) => model.id)
    let compared = 0
    for (const model of models) {
      const table = calcPrice(tableUsage(tokens), model, { providerId: vendor, timestamp: new Date(AT) })
      const ours = pricer.price({ provider: 'any', priceProvider: vendor, model, tokens, at: AT })
      const row = table?.model_price ?? {}
      // An embedding model has no output price; the table then counts output as free, we as unknown.
      if (row.input_mtok === undefined || row.output_mtok === undefined) {
        expect(ours).toBeUndefined()
        continue
      }
      compared++
      const requests = (typeof row.requests_kcount === 'number' ? row.requests_kcount : 0) * 1e6
      const expected = ((table?.input_price ?? 0) + (table?.output_price ?? 0)) * 1e9 + requests
      expect(Math.abs((ours?.costNanoUsd ?? Number.NaN) - expected)).toBeLessThanOrEqual(3)
      expect(Number.isInteger(ours?.costNanoUsd)).toBe(true)
    }
    expect(compared).toBeGreaterThan(2)
  })

  it('prices cached, written and audio tokens at their own rates, once each', () => {
    const tokens = {
      ...noTokens(),
      input: 1000,
      cache_read: 2000,
      cache_write_30m: 500,
      output: 100,
      reasoning: 50,
    }
    const answer = createPricer().price({
      provider: 'o',
      priceProvider: 'openai',
      model: 'gpt-6-sol',
      tokens,
      at: AT,
    })
    expect(answer).toEqual({
      costNanoUsd: 1000 * 2000 + 2000 * 200 + 500 * 2500 + 150 * 10_000,
      version: PRICE_TABLE_VERSION,
    })
  })

  it('prices a request beyond a tier by the whole input, cached tokens included', () => {
    const tokens = { ...noTokens(), input: 100_000, cache_read: 200_000, output: 10 }
    const answer = createPricer().price({
      provider: 'o',
      priceProvider: 'openai',
      model: 'gpt-6-sol',
      tokens,
      at: AT,
    })
    expect(answer?.costNanoUsd).toBe(100_000 * 4000 + 200_000 * 400 + 10 * 15_000)
  })

  it('follows prices that change with the date and with the hour', () => {
    const pricer = createPricer()
    const tokens = { ...noTokens(), input: 1_000_000 }
    const cost = (priceProvider: string, model: string, at: number) =>
      pricer.price({ provider: 'p', priceProvider, model, tokens: { ...tokens, input: 1000 }, at })
        ?.costNanoUsd
    expect(cost('openai', 'gpt-5.6', Date.UTC(2026, 7, 20))).toBe(5_000_000)
    expect(cost('openai', 'gpt-5.6', Date.UTC(2026, 7, 22))).toBe(4_000_000)
    expect(cost('deepseek', 'deepseek-reasoner', Date.UTC(2026, 10, 25, 12))).toBe(550_000)
    expect(cost('deepseek', 'deepseek-reasoner', Date.UTC(2026, 10, 25, 20))).toBe(135_000)
    expect(cost('deepseek', 'deepseek-reasoner', Date.UTC(2026, 10, 25, 12))).toBe(550_000)
  })

  it.each([
    ['a model that the table does not know', 'openai', 'nobody-knows-this'],
    ['a vendor that the table does not know', 'nobody', 'gpt-4o'],
    ['a self-hosted model of a known name', undefined, 'gpt-4o'],
    ['a row that nobody filled in', 'cerebras', 'qwen-3-coder-480b'],
    ['a model that is priced by the hour', 'openai', 'whisper-1'],
  ])('does not price %s', (_name, priceProvider, model) => {
    const tokens = { ...noTokens(), input: 10, output: 1 }
    expect(createPricer().price({ provider: 'p', priceProvider, model, tokens, at: AT })).toBeUndefined()
  })

  it('prefers an override, and lets a bucket without a price cost its side', () => {
    const pricer = createPricer({
      overrides: {
        'gpu/qwen3-4b': { input: 0.02, output: 0.08, cache_read: 0.002 },
        'openai/gpt-4o': {
          input: 1,
          output: 2,
          cache_write: 3,
          cache_write_1h: 4,
          reasoning: 5,
          audio_in: 6,
        },
      },
    })
    const tokens = Object.fromEntries(TOKEN_BUCKETS.map((bucket) => [bucket, 1000])) as Tokens
    expect(
      pricer.price({ provider: 'gpu', priceProvider: undefined, model: 'qwen3-4b', tokens, at: AT }),
    ).toEqual({
      costNanoUsd: 6 * 20_000 + 2000 + 4 * 80_000,
      version: 'override',
    })
    expect(
      pricer.price({ provider: 'openai', priceProvider: 'openai', model: 'gpt-4o', tokens, at: AT }),
    ).toEqual({
      costNanoUsd: 1000 * 1000 * (1 + 1 + 3 + 3 + 4 + 6 + 1 + 2 + 5 + 2 + 2),
      version: 'override',
    })
  })

  it('prices all models of a provider by one override, but for those that have their own', () => {
    const overrides = { 'gpu/*': { input: 1, output: 1 }, 'gpu/small': { input: 0.1, output: 0.1 } }
    const pricer = createPricer({ overrides })
    const tokens = { ...noTokens(), input: 10, output: 10 }
    const costOf = (provider: string, model: string): number | undefined =>
      pricer.price({ provider, priceProvider: undefined, model, tokens, at: AT })?.costNanoUsd
    expect(costOf('gpu', 'large')).toBe(20_000)
    expect(costOf('gpu', 'org/large')).toBe(20_000)
    expect(costOf('gpu', 'small')).toBe(2000)
    expect(costOf('cpu', 'large')).toBeUndefined()
  })

  it('does not guess the side that an override leaves out', () => {
    const pricer = createPricer({ overrides: { 'gpu/m': { output: 1 } } })
    const question = { provider: 'gpu', priceProvider: undefined, model: 'm', at: AT }
    expect(pricer.price({ ...question, tokens: { ...noTokens(), input: 1, output: 1 } })).toBeUndefined()
    expect(pricer.price({ ...question, tokens: { ...noTokens(), output: 1 } })?.costNanoUsd).toBe(1000)
  })

  it('rounds once a bucket', () => {
    const pricer = createPricer({ overrides: { 'p/m': { input: 0.0004, output: 0.0006 } } })
    const tokens = { ...noTokens(), input: 1, cache_read: 1, output: 1, reasoning: 1 }
    expect(
      pricer.price({ provider: 'p', priceProvider: undefined, model: 'm', tokens, at: AT })?.costNanoUsd,
    ).toBe(2)
  })

  it('knows that the sandbox is free', () => {
    const tokens = { ...noTokens(), input: 10 }
    const question = { provider: 'sandbox', priceProvider: undefined, model: 'any', tokens, at: AT }
    expect(createPricer({ free: ['sandbox'] }).price(question)).toEqual({
      costNanoUsd: 0,
      version: 'sandbox',
    })
  })

  it.each([
    ['a minute and a half of audio', { audio_seconds: 90, images: 0, characters: 0 }, 9_000_000],
    ['half a second', { audio_seconds: 0.5, images: 0, characters: 0 }, 50_000],
    ['three images', { audio_seconds: 0, images: 3, characters: 0 }, 120_000_000],
    ['both', { audio_seconds: 60, images: 1, characters: 0 }, 46_000_000],
    ['characters, which have no price there', { audio_seconds: 0, images: 1, characters: 5 }, undefined],
  ])('prices %s each by its own unit', (_name, units, nanoUsd) => {
    const pricer = createPricer({ overrides: { 'p/m': { audio_minute: 0.006, image: 0.04 } } })
    const question = { provider: 'p', priceProvider: undefined, model: 'm', at: AT, tokens: noTokens() }
    expect(pricer.price({ ...question, terms: { units } })?.costNanoUsd).toBe(nanoUsd)
  })

  it('does not price a unit of a model that is priced by token alone', () => {
    const units = { audio_seconds: 60, images: 0, characters: 0 }
    const tokens = { ...noTokens(), input: 10 }
    const question = { provider: 'o', priceProvider: 'openai', model: 'gpt-4o', at: AT, tokens }
    expect(createPricer().price(question)?.costNanoUsd).toBe(25_000)
    expect(createPricer().price({ ...question, terms: { units } })).toBeUndefined()
  })

  it('rounds halves up at any size, once a bucket, tier and all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.nat(2_000_000),
        fc.constantFrom(1, 0.5, 2),
        (rate, count, tier) => {
          // In units of a twenty-thousandth of a nano-dollar everything is a whole number.
          const exact = BigInt(count) * BigInt(rate) * BigInt(tier * 2)
          const expected = Number((exact + 10_000n) / 20_000n)
          const pricer = createPricer({
            overrides: { 'p/m': { input: rate / 1e7, output: 0 } },
            serviceTiers: { some: tier },
          })
          const question = { provider: 'p', priceProvider: undefined, model: 'm', at: AT }
          const tokens = { ...noTokens(), input: count }
          expect(pricer.price({ ...question, tokens, terms: { serviceTier: 'some' } })?.costNanoUsd).toBe(
            expected,
          )
        },
      ),
    )
  })

  it('knows a model of Vertex AI, which names its publisher', () => {
    const price = (model: string) =>
      createPricer().price({
        provider: 'vertex',
        priceProvider: 'google',
        model,
        tokens: { ...noTokens(), input: 1000 },
        at: AT,
      })
    expect(price('google/gemini-2.5-flash')?.costNanoUsd).toBe(300_000)
    expect(price('google/gemini-2.5-flash')).toEqual(price('gemini-2.5-flash'))
  })

  it('stays right after more model names than it remembers', () => {
    const pricer = createPricer()
    const tokens = { ...noTokens(), input: 1000 }
    const price = (model: string) =>
      pricer.price({ provider: 'o', priceProvider: 'openai', model, tokens, at: AT })
    const before = price('gpt-4o')
    for (let index = 0; index < 1500; index++) price(`made-up-${index}`)
    expect(price('gpt-4o')).toEqual(before)
    expect(before?.costNanoUsd).toBe(2_500_000)
  })
})

function tableUsage(tokens: Tokens): TableUsage {
  const input = INPUT_BUCKETS.reduce((total, bucket) => total + tokens[bucket], 0)
  return {
    input_tokens: input,
    cache_read_tokens: tokens.cache_read,
    output_tokens: tokens.output + tokens.reasoning,
    output_reasoning_tokens: tokens.reasoning,
  }
}
