import { describe, expect, test } from 'vitest'
import { BatchTally } from '../../src/metering/batch-tally.ts'
import { priceUsage } from '../../src/metering/meter.ts'
import { createPricer } from '../../src/metering/price.ts'

const AT = Date.UTC(2026, 10, 25)
const pricer = createPricer()
const OPENAI = { provider: 'openai', priceProvider: 'openai', at: AT }

describe('BatchTally', () => {
  test('sums up by model, however the file is split', () => {
    const text = [
      line({ model: 'gpt-4o-mini-2024-07-18', usage: chat(100, 10, 60) }),
      line({ model: 'gpt-4o-mini', usage: chat(1, 2), service_tier: 'default' }),
      line({ model: 'text-embedding-3-small', usage: { prompt_tokens: 7, total_tokens: 7 } }),
      line({ model: 'gpt-5.5', usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } }),
    ].join('')
    const bytes = new TextEncoder().encode(text)
    const whole = tallied([bytes])
    expect(whole.uncounted).toBe(0)
    expect(
      whole.shares.map(({ model, tokens, terms }) => [
        model,
        tokens.input,
        tokens.cache_read,
        tokens.output,
        terms,
      ]),
    ).toEqual([
      ['gpt-4o-mini', 41, 60, 12, { serviceTier: 'batch', requests: 2 }],
      ['text-embedding-3-small', 7, 0, 0, { serviceTier: 'batch', requests: 1 }],
      ['gpt-5.5', 3, 0, 4, { serviceTier: 'batch', requests: 1 }],
    ])
    for (const size of [1, 2, 7, 64, 1000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      )
      expect(tallied(pieces)).toEqual(whole)
    }
  })

  test('long inputs that cost more a token are summed up apart, and cost what they cost one by one', () => {
    // Beyond 272,000 tokens of input this model costs twice as much.
    const inputs = [100, 300_000, 200, 271_999, 272_001, 500_000]
    const { shares } = tallied([
      new TextEncoder().encode(
        inputs.map((count) => line({ model: 'gpt-5.5', usage: chat(count, 10) })).join(''),
      ),
    ])
    const single = inputs.map((input) =>
      costOf(tallied([new TextEncoder().encode(line({ model: 'gpt-5.5', usage: chat(input, 10) }))]).shares),
    )
    expect(shares).toHaveLength(2)
    expect(costOf(shares)).toBe(single.reduce((sum, cost) => sum + cost, 0))
  })

  test('what was refused costs nothing, what states no usage is told', () => {
    const text = [
      line({ error: { message: 'no' } }, 400),
      `${JSON.stringify({ custom_id: 'a', response: null, error: { code: 'batch_expired' } })}\n`,
      line({ model: 'gpt-5.5' }),
      'no JSON\n',
      '\n',
      line({ model: 'gpt-5.5', usage: chat(1, 1) }).trimEnd(),
    ].join('')
    const { shares, uncounted } = tallied([new TextEncoder().encode(text)])
    expect(uncounted).toBe(2)
    expect(shares).toMatchObject([{ model: 'gpt-5.5', terms: { requests: 1 } }])
  })
})

function tallied(pieces: readonly Uint8Array[]) {
  const tally = new BatchTally({ pricer, ...OPENAI })
  for (const piece of pieces) tally.push(piece)
  return tally.finish()
}

function costOf(shares: ReturnType<typeof tallied>['shares']): number {
  return shares.reduce((sum, share) => {
    const { costNanoUsd } = priceUsage(pricer, { ...OPENAI, model: share.model }, share)
    if (costNanoUsd === undefined) throw new Error(`no price of ${share.model}`)
    return sum + costNanoUsd
  }, 0)
}

function chat(prompt_tokens: number, completion_tokens: number, cached_tokens = 0) {
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens },
  }
}

function line(body: object, status_code = 200): string {
  return `${JSON.stringify({ id: 'batch_req_1', custom_id: 'Möwe', response: { status_code, body }, error: null })}\n`
}
