/** Long because every shape in which providers report usage has its row. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateUsage } from '../../src/metering/estimate.ts'
import { INPUT_BUCKETS, TOKEN_BUCKETS, type Tokens } from '../../src/metering/tokens.ts'
import { usageFromWire } from '../../src/metering/usage.ts'

describe('usageFromWire', () => {
  it.each<[string, unknown, Partial<Tokens>]>([
    [
      'plain totals',
      { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 },
      { input: 19, output: 10 },
    ],
    [
      'OpenAI, cached',
      {
        prompt_tokens: 2006,
        completion_tokens: 300,
        total_tokens: 2306,
        prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      { input: 86, cache_read: 1920, output: 300 },
    ],
    [
      'OpenAI, reasoning',
      {
        prompt_tokens: 57,
        completion_tokens: 212,
        total_tokens: 269,
        completion_tokens_details: { reasoning_tokens: 192 },
      },
      { input: 57, output: 20, reasoning: 192 },
    ],
    [
      'OpenAI, audio both ways',
      {
        prompt_tokens: 88,
        completion_tokens: 41,
        total_tokens: 129,
        prompt_tokens_details: { audio_tokens: 62, text_tokens: 26 },
        completion_tokens_details: { audio_tokens: 33, text_tokens: 8 },
      },
      { input: 26, audio_in: 62, output: 8, audio_out: 33 },
    ],
    [
      'OpenAI, image',
      {
        prompt_tokens: 800,
        completion_tokens: 10,
        total_tokens: 810,
        prompt_tokens_details: { image_tokens: 765, text_tokens: 35, cached_tokens: 0 },
      },
      { input: 35, image_in: 765, output: 10 },
    ],
    [
      'OpenAI, cache written',
      {
        prompt_tokens: 5000,
        completion_tokens: 10,
        total_tokens: 5010,
        prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 3900 },
      },
      { input: 100, cache_read: 1000, cache_write_30m: 3900, output: 10 },
    ],
    [
      'OpenAI, predicted output',
      {
        prompt_tokens: 100,
        completion_tokens: 60,
        total_tokens: 160,
        completion_tokens_details: {
          accepted_prediction_tokens: 20,
          rejected_prediction_tokens: 15,
          reasoning_tokens: 0,
        },
      },
      { input: 100, output: 60 },
    ],
    [
      'OpenAI, responses names',
      {
        input_tokens: 36,
        output_tokens: 87,
        total_tokens: 123,
        input_tokens_details: { cached_tokens: 6 },
        output_tokens_details: { reasoning_tokens: 80 },
      },
      { input: 30, cache_read: 6, output: 7, reasoning: 80 },
    ],
    [
      'Anthropic, thinking',
      { input_tokens: 95, output_tokens: 180, output_tokens_details: { thinking_tokens: 142 } },
      { input: 95, output: 38, reasoning: 142 },
    ],
    ['OpenAI, embeddings', { prompt_tokens: 8, total_tokens: 8 }, { input: 8 }],
    [
      'Azure, null details',
      {
        prompt_tokens: 8,
        completion_tokens: 5,
        total_tokens: 13,
        prompt_tokens_details: null,
        completion_tokens_details: null,
      },
      { input: 8, output: 5 },
    ],
    [
      'vLLM, cached',
      {
        prompt_tokens: 48,
        total_tokens: 58,
        completion_tokens: 10,
        prompt_tokens_details: { cached_tokens: 32 },
      },
      { input: 16, cache_read: 32, output: 10 },
    ],
    [
      'vLLM, first continuous usage',
      { prompt_tokens: 48, total_tokens: 48, completion_tokens: 0 },
      { input: 48 },
    ],
    [
      'llama.cpp',
      {
        completion_tokens: 15,
        prompt_tokens: 31,
        total_tokens: 46,
        prompt_tokens_details: { cached_tokens: 20 },
      },
      { input: 11, cache_read: 20, output: 15 },
    ],
    ['Ollama', { prompt_tokens: 22, completion_tokens: 73, total_tokens: 95 }, { input: 22, output: 73 }],
    [
      'DeepSeek',
      {
        prompt_tokens: 1210,
        completion_tokens: 19,
        total_tokens: 1229,
        prompt_cache_hit_tokens: 1152,
        prompt_cache_miss_tokens: 58,
        completion_tokens_details: { reasoning_tokens: 5 },
      },
      { input: 58, cache_read: 1152, output: 14, reasoning: 5 },
    ],
    [
      'DeepSeek, both spellings',
      {
        prompt_tokens: 1210,
        completion_tokens: 1,
        total_tokens: 1211,
        prompt_tokens_details: { cached_tokens: 1152 },
        prompt_cache_hit_tokens: 1152,
        prompt_cache_miss_tokens: 58,
      },
      { input: 58, cache_read: 1152, output: 1 },
    ],
    [
      'DeepSeek, hit and miss alone',
      { prompt_cache_hit_tokens: 6500, prompt_cache_miss_tokens: 100, completion_tokens: 50 },
      { input: 100, cache_read: 6500, output: 50 },
    ],
    [
      'OpenRouter, Anthropic',
      {
        prompt_tokens: 2194,
        completion_tokens: 27,
        total_tokens: 2221,
        cost: 0.00371,
        prompt_tokens_details: {
          cached_tokens: 1500,
          cache_write_tokens: 600,
          audio_tokens: 0,
          video_tokens: 0,
        },
        completion_tokens_details: { reasoning_tokens: 13, image_tokens: 0 },
      },
      { input: 94, cache_read: 1500, cache_write_5m: 600, output: 14, reasoning: 13 },
    ],
    [
      'OpenRouter, image out',
      {
        prompt_tokens: 10,
        completion_tokens: 1300,
        total_tokens: 1310,
        cost: 0.03,
        completion_tokens_details: { reasoning_tokens: 0, image_tokens: 1290 },
      },
      { input: 10, output: 10, image_out: 1290 },
    ],
    [
      'Gemini, reasoning in the total only',
      { completion_tokens: 151, prompt_tokens: 20, total_tokens: 553 },
      { input: 20, output: 151, reasoning: 382 },
    ],
    [
      'Gemini behind a proxy that says how much',
      {
        completion_tokens: 151,
        prompt_tokens: 20,
        total_tokens: 553,
        completion_tokens_details: { reasoning_tokens: 382 },
      },
      { input: 20, output: 151, reasoning: 382 },
    ],
    [
      'Gemini behind a proxy that adds it',
      {
        completion_tokens: 533,
        prompt_tokens: 20,
        total_tokens: 553,
        completion_tokens_details: { reasoning_tokens: 382 },
      },
      { input: 20, output: 151, reasoning: 382 },
    ],
    [
      'xAI',
      {
        prompt_tokens: 32,
        completion_tokens: 9,
        total_tokens: 135,
        prompt_tokens_details: { text_tokens: 32, audio_tokens: 0, image_tokens: 0, cached_tokens: 6 },
        completion_tokens_details: { reasoning_tokens: 94, audio_tokens: 0 },
        num_sources_used: 0,
      },
      { input: 26, cache_read: 6, output: 9, reasoning: 94 },
    ],
    [
      'Groq',
      {
        queue_time: 0.06,
        prompt_tokens: 78,
        prompt_time: 0.003,
        completion_tokens: 27,
        completion_time: 0.02,
        total_tokens: 105,
        total_time: 0.03,
        prompt_tokens_details: { cached_tokens: 64 },
        completion_tokens_details: { reasoning_tokens: 11 },
      },
      { input: 14, cache_read: 64, output: 16, reasoning: 11 },
    ],
    [
      'SGLang',
      {
        prompt_tokens: 96,
        total_tokens: 207,
        completion_tokens: 111,
        prompt_tokens_details: { cached_tokens: 64 },
        reasoning_tokens: 91,
      },
      { input: 32, cache_read: 64, output: 20, reasoning: 91 },
    ],
    [
      'Moonshot',
      { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, cached_tokens: 90 },
      { input: 10, cache_read: 90, output: 5 },
    ],
    [
      'Mistral',
      { prompt_tokens: 17, total_tokens: 36, completion_tokens: 19, num_cached_tokens: 16 },
      { input: 1, cache_read: 16, output: 19 },
    ],
    ['Voyage embeddings, total alone', { total_tokens: 10 }, { input: 10 }],
    ['no prompt count', { completion_tokens: 5, total_tokens: 25 }, { input: 20, output: 5 }],
    [
      'more cached than prompted',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 99 },
      },
      { cache_read: 10, output: 5 },
    ],
    [
      'more reasoning than completion',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        completion_tokens_details: { reasoning_tokens: 99 },
      },
      { input: 10, reasoning: 5 },
    ],
    [
      'a total below its parts',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 3 },
      { input: 10, output: 5 },
    ],
    [
      'negative and textual counts',
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: -4, audio_tokens: '3' },
      },
      { input: 10, output: 5 },
    ],
  ])('reads %s', (_name, wire, expected) => {
    const usage = usageFromWire(wire)
    expect(usage?.source).toBe('reported')
    expect(nonZero(usage?.tokens)).toEqual(expected)
  })

  it.each([undefined, null, 7, 'x', [], {}, { prompt_tokens: null }, { prompt_tokens: -1 }, { cost: 3 }])(
    'counts nothing in %j',
    (wire) => {
      expect(usageFromWire(wire)).toBeUndefined()
    },
  )

  it('gives buckets that are never negative and sum to the totals, whatever a provider claims', () => {
    const count = fc.oneof(
      fc.nat(5000),
      fc.integer(),
      fc.double(),
      fc.constantFrom(null, undefined, '7', 1e300),
    )
    const details = fc.oneof(
      fc.constantFrom(null, undefined, 3),
      fc.record(
        {
          cached_tokens: count,
          cache_write_tokens: count,
          audio_tokens: count,
          image_tokens: count,
          reasoning_tokens: count,
        },
        { requiredKeys: [] },
      ),
    )
    const wire = fc.record(
      {
        prompt_tokens: fc.nat(5000),
        completion_tokens: fc.nat(5000),
        total_tokens: count,
        prompt_tokens_details: details,
        completion_tokens_details: details,
        prompt_cache_hit_tokens: count,
        reasoning_tokens: count,
        cost: count,
      },
      { requiredKeys: ['prompt_tokens', 'completion_tokens'] },
    )
    fc.assert(
      fc.property(wire, (block) => {
        const tokens = usageFromWire(block)?.tokens
        expect(
          TOKEN_BUCKETS.every(
            (bucket) => Number.isInteger(tokens?.[bucket]) && (tokens?.[bucket] ?? -1) >= 0,
          ),
        ).toBe(true)
        expect(sum(tokens, true)).toBe(block.prompt_tokens)
        const besides = whole(block.total_tokens) - block.prompt_tokens - block.completion_tokens
        expect(sum(tokens, false)).toBe(block.completion_tokens + Math.max(0, besides))
      }),
    )
  })
})

describe('usageFromWire, of other dialects', () => {
  const count = fc.nat(5000)
  const some = fc.option(count, { nil: undefined })

  it('gives buckets that sum to what Anthropic counts: the cache is beside its input', () => {
    const wire = fc.record({
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: some,
      cache_creation_input_tokens: some,
      cache_creation: fc.option(
        fc.record({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count }),
        {
          nil: undefined,
        },
      ),
    })
    fc.assert(
      fc.property(wire, (block) => {
        const split = block.cache_creation
        const created = Math.max(
          block.cache_creation_input_tokens ?? 0,
          (split?.ephemeral_5m_input_tokens ?? 0) + (split?.ephemeral_1h_input_tokens ?? 0),
        )
        const tokens = usageFromWire(block)?.tokens
        expect(sum(tokens, true)).toBe(block.input_tokens + (block.cache_read_input_tokens ?? 0) + created)
        expect(tokens?.input).toBe(block.input_tokens)
        expect(tokens?.cache_write_1h).toBe(split?.ephemeral_1h_input_tokens ?? 0)
        expect(sum(tokens, false)).toBe(block.output_tokens)
      }),
    )
  })

  it("gives buckets that sum to Gemini's total", () => {
    const modalities = fc.array(
      fc.record({ modality: fc.constantFrom('TEXT', 'AUDIO', 'IMAGE', 'VIDEO'), tokenCount: fc.nat(500) }),
      { maxLength: 4 },
    )
    const wire = fc.record(
      {
        promptTokenCount: count,
        cachedContentTokenCount: count,
        candidatesTokenCount: count,
        thoughtsTokenCount: count,
        toolUsePromptTokenCount: count,
        promptTokensDetails: modalities,
        cacheTokensDetails: modalities,
        candidatesTokensDetails: modalities,
      },
      { requiredKeys: ['promptTokenCount'] },
    )
    fc.assert(
      fc.property(wire, fc.nat(3), (counts, besides) => {
        const input = counts.promptTokenCount + (counts.toolUsePromptTokenCount ?? 0)
        const output = (counts.candidatesTokenCount ?? 0) + (counts.thoughtsTokenCount ?? 0) + besides
        const usage = usageFromWire({ ...counts, totalTokenCount: input + output })
        expect(sum(usage?.tokens, true)).toBe(input)
        expect(sum(usage?.tokens, false)).toBe(output)
        const { cachedAudio = 0, cachedImage = 0 } = usage?.terms ?? {}
        expect(cachedAudio + cachedImage).toBeLessThanOrEqual(usage?.tokens.cache_read ?? Number.NaN)
      }),
    )
  })

  it.each([
    [{ service_tier: 'Priority' }, { serviceTier: 'priority' }],
    [{ service_tier: 'standard' }, undefined],
    [{ service_tier: null }, undefined],
    [{ speed: 'fast', service_tier: 'standard' }, { serviceTier: 'fast' }],
    [{ server_tool_use: { web_search_requests: 3 } }, { webSearches: 3 }],
    [{ num_search_queries: 2 }, { webSearches: 2 }],
    [{ prompt_audio_seconds: 1.5 }, { units: { audio_seconds: 1.5, images: 0, characters: 0 } }],
    [{ prompt_audio_seconds: null }, undefined],
  ])('takes what else decides the price from %j', (given, terms) => {
    expect(usageFromWire({ input_tokens: 1, output_tokens: 1, ...given })?.terms).toEqual(terms)
  })
})

describe('estimateUsage', () => {
  it('marks what it guesses, and guesses at least a token for what is not empty', () => {
    expect(estimateUsage({ inputTokens: 100, outputCharacters: 1 })).toMatchObject({
      source: 'estimated',
      tokens: { input: 100, output: 1 },
    })
    expect(nonZero(estimateUsage({ inputTokens: 0, outputCharacters: 0 }).tokens)).toEqual({})
  })
})

function nonZero(tokens: Tokens | undefined) {
  return Object.fromEntries(Object.entries(tokens ?? {}).filter(([, count]) => count !== 0))
}

function sum(tokens: Tokens | undefined, input: boolean): number {
  return TOKEN_BUCKETS.reduce(
    (total, bucket) =>
      total + (INPUT_BUCKETS.includes(bucket) === input ? (tokens?.[bucket] ?? Number.NaN) : 0),
    0,
  )
}

function whole(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? Math.min(Math.trunc(value), 1e12) : 0
}
