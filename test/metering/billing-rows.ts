/** Usage blocks as providers send them, the buckets that they are, and what each costs: computed by hand from the vendors' prices. Long because it is a table. */
import type { PriceOverride } from '../../src/metering/price-row.ts'
import type { ServiceTiers } from '../../src/metering/service-tiers.ts'
import type { Tokens } from '../../src/metering/tokens.ts'

export interface BillingRow {
  name: string
  /** `vendor/model`; the vendor is the price table's, `gpu` is self-hosted. */
  model: string
  wire: Readonly<Record<string, unknown>>
  tokens: Partial<Tokens>
  /** Tokens times nano-dollars each (a price of $1 a million is 1000 of them); undefined: nobody knows. */
  nanoUsd: number | undefined
  /** Default: noon of 25 November 2026, UTC. */
  at?: string
  override?: PriceOverride
  tiers?: ServiceTiers
}

const WRITTEN = {
  prompt_tokens: 5000,
  completion_tokens: 10,
  total_tokens: 5010,
  prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 3900 },
}
const DEEPSEEK = {
  prompt_tokens: 1210,
  completion_tokens: 19,
  total_tokens: 1229,
  prompt_tokens_details: { cached_tokens: 1152 },
  completion_tokens_details: { reasoning_tokens: 5 },
  prompt_cache_hit_tokens: 1152,
  prompt_cache_miss_tokens: 58,
}
const REALTIME = {
  total_tokens: 253,
  input_tokens: 132,
  output_tokens: 121,
  input_token_details: {
    text_tokens: 119,
    audio_tokens: 13,
    image_tokens: 0,
    cached_tokens: 64,
    cached_tokens_details: { text_tokens: 54, audio_tokens: 10, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 30, audio_tokens: 91 },
}
const QWEN = { input: 0.02, output: 0.08, cache_read: 0.002 }
const plain = (prompt: number, completion: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
})

export const OPENAI_ROWS: readonly BillingRow[] = [
  {
    name: 'plain',
    model: 'openai/gpt-4o', // 2.50 in, 1.25 read, 10 out
    wire: plain(19, 10),
    tokens: { input: 19, output: 10 },
    nanoUsd: 19 * 2500 + 10 * 10_000,
  },
  {
    name: 'cached',
    model: 'openai/gpt-4o',
    wire: {
      ...plain(2006, 300),
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0 },
    },
    tokens: { input: 86, cache_read: 1920, output: 300 },
    nanoUsd: 86 * 2500 + 1920 * 1250 + 300 * 10_000,
  },
  {
    name: 'images in the prompt',
    model: 'openai/gpt-4o',
    wire: { ...plain(800, 10), prompt_tokens_details: { image_tokens: 765, text_tokens: 35 } },
    tokens: { input: 35, image_in: 765, output: 10 },
    nanoUsd: 35 * 2500 + 765 * 2500 + 10 * 10_000,
  },
  {
    name: 'reasoning',
    model: 'openai/o4-mini', // 1.10 in, 4.40 out
    wire: { ...plain(57, 212), completion_tokens_details: { reasoning_tokens: 192 } },
    tokens: { input: 57, output: 20, reasoning: 192 },
    nanoUsd: 57 * 1100 + 20 * 4400 + 192 * 4400,
  },
  {
    name: 'cached, with reasoning',
    model: 'openai/gpt-5', // 1.25 in, 0.125 read, 10 out
    wire: {
      ...plain(4096, 1500),
      prompt_tokens_details: { cached_tokens: 3968 },
      completion_tokens_details: { reasoning_tokens: 1280 },
    },
    tokens: { input: 128, cache_read: 3968, output: 220, reasoning: 1280 },
    nanoUsd: 128 * 1250 + 3968 * 125 + 220 * 10_000 + 1280 * 10_000,
  },
  {
    name: 'predicted output, rejected in part',
    model: 'openai/gpt-4.1-mini', // 0.40 in, 1.60 out
    wire: {
      ...plain(100, 60),
      completion_tokens_details: { accepted_prediction_tokens: 20, rejected_prediction_tokens: 15 },
    },
    tokens: { input: 100, output: 60 },
    nanoUsd: 100 * 400 + 60 * 1600,
  },
  {
    name: 'since 5.6: written to the cache',
    model: 'openai/gpt-5.6', // 4 in, 0.40 read, 5 write, 20 out
    wire: WRITTEN,
    tokens: { input: 100, cache_read: 1000, cache_write_30m: 3900, output: 10 },
    nanoUsd: 100 * 4000 + 1000 * 400 + 3900 * 5000 + 10 * 20_000,
  },
  {
    name: 'since 5.6: the day before its price fell',
    model: 'openai/gpt-5.6', // 5 in, 0.50 read, 6.25 write, 30 out until 21 August 2026
    at: '2026-08-20T12:00:00Z',
    wire: WRITTEN,
    tokens: { input: 100, cache_read: 1000, cache_write_30m: 3900, output: 10 },
    nanoUsd: 100 * 5000 + 1000 * 500 + 3900 * 6250 + 10 * 30_000,
  },
  {
    name: 'a context that begins to be long',
    model: 'openai/gpt-5.6-luna', // 0.20 in and 1.20 out below 272,000 tokens; 0.40 and 1.80 from there
    wire: plain(272_000, 100),
    tokens: { input: 272_000, output: 100 },
    nanoUsd: 272_000 * 400 + 100 * 1800,
  },
  {
    name: 'a context that is not long yet',
    model: 'openai/gpt-5.6-luna',
    wire: plain(271_999, 100),
    tokens: { input: 271_999, output: 100 },
    nanoUsd: 271_999 * 200 + 100 * 1200,
  },
  {
    name: 'a long context, most of it cached',
    model: 'openai/gpt-6-sol', // beyond 272,000: 4 in, 0.40 read, 15 out
    wire: { ...plain(300_000, 10), prompt_tokens_details: { cached_tokens: 200_000 } },
    tokens: { input: 100_000, cache_read: 200_000, output: 10 },
    nanoUsd: 100_000 * 4000 + 200_000 * 400 + 10 * 15_000,
  },
  {
    name: 'Responses',
    model: 'openai/gpt-5.5', // 5 in, 0.50 read, 30 out
    wire: {
      input_tokens: 36,
      output_tokens: 87,
      total_tokens: 123,
      input_tokens_details: { cached_tokens: 6 },
      output_tokens_details: { reasoning_tokens: 80 },
    },
    tokens: { input: 30, cache_read: 6, output: 7, reasoning: 80 },
    nanoUsd: 30 * 5000 + 6 * 500 + 7 * 30_000 + 80 * 30_000,
  },
  {
    name: 'Responses, written to the cache',
    model: 'openai/gpt-5.6-terra', // 2 in, 0.20 read, 2.50 write, 12 out
    wire: {
      input_tokens: 3000,
      output_tokens: 50,
      total_tokens: 3050,
      input_tokens_details: { cached_tokens: 1000, cache_write_tokens: 1500 },
      output_tokens_details: { reasoning_tokens: 20 },
    },
    tokens: { input: 500, cache_read: 1000, cache_write_30m: 1500, output: 30, reasoning: 20 },
    nanoUsd: 500 * 2000 + 1000 * 200 + 1500 * 2500 + 30 * 12_000 + 20 * 12_000,
  },
  {
    name: 'flex, at half the price',
    model: 'openai/gpt-5',
    wire: { ...plain(1001, 3), service_tier: 'flex' },
    tokens: { input: 1001, output: 3 },
    nanoUsd: 1001 * 625 + 3 * 5000,
  },
  {
    name: 'batch, half a nano-dollar rounded up',
    model: 'openai/gpt-4o-mini', // half of 0.15 in, 0.075 read, 0.60 out
    wire: { ...plain(3, 1), prompt_tokens_details: { cached_tokens: 1 }, service_tier: 'batch' },
    tokens: { input: 2, cache_read: 1, output: 1 },
    nanoUsd: 2 * 75 + 38 + 1 * 300, // the token read costs 37.5
  },
  {
    name: 'priority, whose price differs by model',
    model: 'openai/gpt-5.5',
    wire: { ...plain(10, 1), service_tier: 'priority' },
    tokens: { input: 10, output: 1 },
    nanoUsd: undefined,
  },
  {
    name: 'priority, at the factor that the operator states',
    model: 'openai/gpt-5.5',
    tiers: { priority: 2.5 },
    wire: { ...plain(10, 1), service_tier: 'priority' },
    tokens: { input: 10, output: 1 },
    nanoUsd: 10 * 12_500 + 1 * 75_000,
  },
  {
    name: 'the standard tier by its name',
    model: 'openai/gpt-5.5',
    wire: { ...plain(10, 1), service_tier: 'default' },
    tokens: { input: 10, output: 1 },
    nanoUsd: 10 * 5000 + 1 * 30_000,
  },
  {
    name: 'audio both ways',
    model: 'openai/gpt-audio', // 2.50 and 32 (audio) in, 10 and 64 (audio) out
    wire: {
      ...plain(88, 41),
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 62, text_tokens: 26 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 33, text_tokens: 8 },
    },
    tokens: { input: 26, audio_in: 62, output: 8, audio_out: 33 },
    nanoUsd: 26 * 2500 + 62 * 32_000 + 8 * 10_000 + 33 * 64_000,
  },
  {
    name: 'audio of a model whose audio price the table lacks',
    model: 'openai/gpt-4o-audio-preview',
    wire: { ...plain(88, 8), prompt_tokens_details: { audio_tokens: 62 } },
    tokens: { input: 26, audio_in: 62, output: 8 },
    nanoUsd: undefined,
  },
  {
    name: 'Realtime, with audio among what is cached',
    model: 'openai/gpt-realtime-mini', // text 0.60, 0.06 read, 2.40 out; audio 10, 0.30 read, 20 out
    wire: REALTIME,
    tokens: { input: 65, cache_read: 64, audio_in: 3, output: 30, audio_out: 91 },
    nanoUsd: 65 * 600 + (54 * 60 + 10 * 300) + 3 * 10_000 + 30 * 2400 + 91 * 20_000,
  },
  {
    name: 'embeddings',
    model: 'openai/text-embedding-3-small', // 0.02
    wire: { prompt_tokens: 8, total_tokens: 8 },
    tokens: { input: 8 },
    nanoUsd: 8 * 20,
  },
  {
    name: 'transcription by token',
    model: 'openai/gpt-4o-transcribe', // 2.50 and 6 (audio) in, 10 out
    wire: {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { text_tokens: 10, audio_tokens: 4 },
      output_tokens: 101,
      total_tokens: 115,
    },
    tokens: { input: 10, audio_in: 4, output: 101 },
    nanoUsd: 10 * 2500 + 4 * 6000 + 101 * 10_000,
  },
  {
    name: 'transcription by the second',
    model: 'openai/whisper-1', // 0.36 an hour
    wire: { type: 'duration', seconds: 9 },
    tokens: {},
    nanoUsd: 9 * 100_000,
  },
  {
    name: 'Azure, null details',
    model: 'azure/gpt-4o', // as OpenAI's
    wire: { ...plain(26, 14), prompt_tokens_details: null, completion_tokens_details: null },
    tokens: { input: 26, output: 14 },
    nanoUsd: 26 * 2500 + 14 * 10_000,
  },
]

export const ANTHROPIC_AND_GOOGLE_ROWS: readonly BillingRow[] = [
  {
    name: 'written for five minutes and for an hour',
    model: 'anthropic/claude-opus-5-5', // 4 in, 0.20 read, 5 and 8 write, 20 out
    wire: {
      input_tokens: 50,
      cache_creation_input_tokens: 1000,
      cache_read_input_tokens: 20_000,
      cache_creation: { ephemeral_5m_input_tokens: 600, ephemeral_1h_input_tokens: 400 },
      output_tokens: 100,
      service_tier: 'standard',
    },
    tokens: { input: 50, cache_read: 20_000, cache_write_5m: 600, cache_write_1h: 400, output: 100 },
    nanoUsd: 50 * 4000 + 20_000 * 200 + 600 * 5000 + 400 * 8000 + 100 * 20_000,
  },
  {
    name: 'written without saying for how long',
    model: 'anthropic/claude-haiku-4-5', // 1 in, 0.10 read, 1.25 write, 5 out
    wire: {
      input_tokens: 3,
      cache_creation_input_tokens: 2000,
      cache_read_input_tokens: 0,
      output_tokens: 12,
    },
    tokens: { input: 3, cache_write_5m: 2000, output: 12 },
    nanoUsd: 3 * 1000 + 2000 * 1250 + 12 * 5000,
  },
  {
    name: 'nothing cached, null',
    model: 'anthropic/claude-haiku-4-5',
    wire: {
      input_tokens: 30,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: 2,
    },
    tokens: { input: 30, output: 2 },
    nanoUsd: 30 * 1000 + 2 * 5000,
  },
  {
    name: 'reads at a fortieth',
    model: 'anthropic/claude-fable-5-1', // 10 in, 0.25 read, 50 out
    wire: { input_tokens: 10, cache_read_input_tokens: 10_000, output_tokens: 5 },
    tokens: { input: 10, cache_read: 10_000, output: 5 },
    nanoUsd: 10 * 10_000 + 10_000 * 250 + 5 * 50_000,
  },
  {
    name: 'a context that is long by what was read from the cache',
    model: 'anthropic/claude-sonnet-4-5', // beyond 200,000: 6 in, 0.60 read, 22.50 out
    wire: { input_tokens: 1000, cache_read_input_tokens: 200_000, output_tokens: 10 },
    tokens: { input: 1000, cache_read: 200_000, output: 10 },
    nanoUsd: 1000 * 6000 + 200_000 * 600 + 10 * 22_500,
  },
  {
    name: 'batch',
    model: 'anthropic/claude-haiku-4-5',
    wire: { input_tokens: 1001, cache_read_input_tokens: 3, output_tokens: 1, service_tier: 'batch' },
    tokens: { input: 1001, cache_read: 3, output: 1 },
    nanoUsd: 1001 * 500 + 3 * 50 + 1 * 2500,
  },
  {
    name: 'priority, which is by contract',
    model: 'anthropic/claude-haiku-4-5',
    wire: { input_tokens: 10, output_tokens: 1, service_tier: 'priority' },
    tokens: { input: 10, output: 1 },
    nanoUsd: undefined,
  },
  {
    name: 'web searches',
    model: 'anthropic/claude-haiku-4-5', // 10 a thousand searches
    wire: { input_tokens: 10, output_tokens: 10, server_tool_use: { web_search_requests: 2 } },
    tokens: { input: 10, output: 10 },
    nanoUsd: 10 * 1000 + 10 * 5000 + 2 * 10_000_000,
  },
  {
    name: 'behind a proxy that counts the cache into the prompt',
    model: 'anthropic/claude-haiku-4-5',
    wire: {
      ...plain(2100, 27),
      prompt_tokens_details: { cached_tokens: 1500, cache_creation_tokens: 500 },
      cache_creation_input_tokens: 500,
      cache_read_input_tokens: 1500,
    },
    tokens: { input: 100, cache_read: 1500, cache_write_5m: 500, output: 27 },
    nanoUsd: 100 * 1000 + 1500 * 100 + 500 * 1250 + 27 * 5000,
  },
  {
    name: 'behind a proxy that does not',
    model: 'anthropic/claude-haiku-4-5',
    wire: {
      prompt_tokens: 100,
      completion_tokens: 27,
      total_tokens: 2127,
      cache_creation_input_tokens: 500,
      cache_read_input_tokens: 1500,
    },
    tokens: { input: 100, cache_read: 1500, cache_write_5m: 500, output: 27 },
    nanoUsd: 100 * 1000 + 1500 * 100 + 500 * 1250 + 27 * 5000,
  },
  {
    name: 'native, cached and with thoughts',
    model: 'google/gemini-2.5-flash', // 0.30 and 1 (audio) in, 0.03 and 0.10 read, 2.50 out
    wire: {
      promptTokenCount: 1000,
      cachedContentTokenCount: 400,
      candidatesTokenCount: 50,
      thoughtsTokenCount: 30,
      totalTokenCount: 1080,
    },
    tokens: { input: 600, cache_read: 400, output: 50, reasoning: 30 },
    nanoUsd: 600 * 300 + 400 * 30 + 50 * 2500 + 30 * 2500,
  },
  {
    name: 'native, audio, some of it cached',
    model: 'google/gemini-2.5-flash',
    wire: {
      promptTokenCount: 300,
      cachedContentTokenCount: 100,
      candidatesTokenCount: 10,
      totalTokenCount: 310,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 50 },
        { modality: 'AUDIO', tokenCount: 250 },
      ],
      cacheTokensDetails: [
        { modality: 'TEXT', tokenCount: 20 },
        { modality: 'AUDIO', tokenCount: 80 },
      ],
    },
    tokens: { input: 30, cache_read: 100, audio_in: 170, output: 10 },
    nanoUsd: 30 * 300 + (20 * 30 + 80 * 100) + 170 * 1000 + 10 * 2500,
  },
  {
    name: "native, a tool's results as a prompt of their own",
    model: 'google/gemini-2.5-flash',
    wire: {
      promptTokenCount: 100,
      toolUsePromptTokenCount: 40,
      candidatesTokenCount: 5,
      totalTokenCount: 145,
    },
    tokens: { input: 140, output: 5 },
    nanoUsd: 140 * 300 + 5 * 2500,
  },
  {
    name: 'native, beyond 200,000',
    model: 'google/gemini-2.5-pro', // 2.50 in, 15 out there
    wire: { promptTokenCount: 200_001, candidatesTokenCount: 1, totalTokenCount: 200_002 },
    tokens: { input: 200_001, output: 1 },
    nanoUsd: 200_001 * 2500 + 1 * 15_000,
  },
  {
    name: 'native, an image drawn',
    model: 'google/gemini-2.5-flash-image', // 0.30 in, 2.50 and 30 (image) out
    wire: {
      promptTokenCount: 10,
      candidatesTokenCount: 1300,
      totalTokenCount: 1310,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
    },
    tokens: { input: 10, output: 10, image_out: 1290 },
    nanoUsd: 10 * 300 + 10 * 2500 + 1290 * 30_000,
  },
  {
    name: 'native, flex',
    model: 'google/gemini-3.5-flash', // half of 1.50 in, 9 out
    wire: {
      promptTokenCount: 3,
      candidatesTokenCount: 1,
      totalTokenCount: 4,
      trafficType: 'ON_DEMAND_FLEX',
    },
    tokens: { input: 3, output: 1 },
    nanoUsd: 3 * 750 + 1 * 4500,
  },
  {
    name: "OpenAI's words, reasoning in the total only",
    model: 'google/gemini-2.5-flash',
    wire: { completion_tokens: 151, prompt_tokens: 20, total_tokens: 553 },
    tokens: { input: 20, output: 151, reasoning: 382 },
    nanoUsd: 20 * 300 + 151 * 2500 + 382 * 2500,
  },
  {
    name: "OpenAI's words, before a price that is announced",
    model: 'google/gemini-3.6-flash', // 0.75 in, 3.75 out in 2026
    at: '2026-12-31T23:59:00Z',
    wire: plain(1000, 10),
    tokens: { input: 1000, output: 10 },
    nanoUsd: 1000 * 750 + 10 * 3750,
  },
  {
    name: "OpenAI's words, after it",
    model: 'google/gemini-3.6-flash', // 1.50 in, 7.50 out from 2027 on
    at: '2027-01-01T00:00:00Z',
    wire: plain(1000, 10),
    tokens: { input: 1000, output: 10 },
    nanoUsd: 1000 * 1500 + 10 * 7500,
  },
]

export const OTHER_ROWS: readonly BillingRow[] = [
  {
    name: 'by day',
    model: 'deepseek/deepseek-reasoner', // 0.55 in, 0.14 read, 2.19 out
    wire: DEEPSEEK,
    tokens: { input: 58, cache_read: 1152, output: 14, reasoning: 5 },
    nanoUsd: 58 * 550 + 1152 * 140 + 14 * 2190 + 5 * 2190,
  },
  {
    name: 'by night',
    model: 'deepseek/deepseek-reasoner', // 0.135 in, 0.035 read, 0.55 out from 16:30
    at: '2026-11-25T20:00:00Z',
    wire: DEEPSEEK,
    tokens: { input: 58, cache_read: 1152, output: 14, reasoning: 5 },
    nanoUsd: 58 * 135 + 1152 * 35 + 14 * 550 + 5 * 550,
  },
  {
    name: 'hits and misses alone',
    model: 'deepseek/deepseek-chat', // 0.27 in, 0.07 read, 1.10 out
    wire: { prompt_cache_hit_tokens: 6500, prompt_cache_miss_tokens: 100, completion_tokens: 50 },
    tokens: { input: 100, cache_read: 6500, output: 50 },
    nanoUsd: 100 * 270 + 6500 * 70 + 50 * 1100,
  },
  {
    name: 'text tokens that include cached ones, reasoning beside the completion',
    model: 'x-ai/grok-4-1-fast-reasoning', // 0.20 in, 0.05 read, 0.50 out
    wire: {
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      prompt_tokens_details: { text_tokens: 32, audio_tokens: 0, image_tokens: 0, cached_tokens: 6 },
      completion_tokens_details: { reasoning_tokens: 94, audio_tokens: 0 },
      num_sources_used: 0,
    },
    tokens: { input: 26, cache_read: 6, output: 9, reasoning: 94 },
    nanoUsd: 26 * 200 + 6 * 50 + 9 * 500 + 94 * 500,
  },
  {
    name: 'from 200,000 on',
    model: 'x-ai/grok-4.5', // 4 in, 12 out there
    wire: plain(200_000, 1),
    tokens: { input: 200_000, output: 1 },
    nanoUsd: 200_000 * 4000 + 1 * 12_000,
  },
  {
    name: 'vLLM with its prompt details',
    model: 'gpu/qwen3-4b',
    override: QWEN,
    wire: { ...plain(48, 10), prompt_tokens_details: { cached_tokens: 32 } },
    tokens: { input: 16, cache_read: 32, output: 10 },
    nanoUsd: 16 * 20 + 32 * 2 + 10 * 80,
  },
  {
    name: 'vLLM, whose tiers are no matter of price',
    model: 'gpu/qwen3-4b',
    override: QWEN,
    wire: { ...plain(10, 10), service_tier: 'priority' },
    tokens: { input: 10, output: 10 },
    nanoUsd: 10 * 20 + 10 * 80,
  },
  {
    name: 'vLLM without a price',
    model: 'gpu/qwen3-4b',
    wire: plain(48, 10),
    tokens: { input: 48, output: 10 },
    nanoUsd: undefined,
  },
  {
    name: 'SGLang, reasoning beside the details',
    model: 'gpu/qwen3-4b',
    override: QWEN,
    wire: { ...plain(96, 20), prompt_tokens_details: { cached_tokens: 64 }, reasoning_tokens: 5 },
    tokens: { input: 32, cache_read: 64, output: 15, reasoning: 5 },
    nanoUsd: 32 * 20 + 64 * 2 + 15 * 80 + 5 * 80,
  },
  {
    name: 'llama.cpp, half a nano-dollar that binary fractions miss',
    model: 'gpu/small',
    override: { input: 0.0007, output: 0 },
    wire: plain(35, 5),
    tokens: { input: 35, output: 5 },
    nanoUsd: 25, // 35 tokens at 0.7 are 24.5
  },
  {
    name: 'an Anthropic model',
    model: 'openrouter/anthropic/claude-sonnet-4.5', // 3 in, 0.30 read, 3.75 write, 15 out
    wire: {
      ...plain(2194, 27),
      cost: 0.00371,
      is_byok: false,
      prompt_tokens_details: {
        cached_tokens: 1500,
        cache_write_tokens: 600,
        audio_tokens: 0,
        video_tokens: 0,
      },
      completion_tokens_details: { reasoning_tokens: 13, image_tokens: 0 },
    },
    tokens: { input: 94, cache_read: 1500, cache_write_5m: 600, output: 14, reasoning: 13 },
    nanoUsd: 3_710_000, // as stated; the list has 3,387,000
  },
  {
    name: 'a stated cost, down to the nano-dollar',
    model: 'openrouter/deepseek/deepseek-v3.2',
    wire: { ...plain(1234, 567), cost: 0.000123457 },
    tokens: { input: 1234, output: 567 },
    nanoUsd: 123_457,
  },
  {
    name: 'a stated cost below a nano-dollar, halves up',
    model: 'openrouter/some/unlisted-model',
    wire: { ...plain(3, 1), cost: 2.5e-9 },
    tokens: { input: 3, output: 1 },
    nanoUsd: 3,
  },
  {
    name: 'a free model',
    model: 'openrouter/some/model:free',
    wire: { ...plain(300, 100), cost: 0 },
    tokens: { input: 300, output: 100 },
    nanoUsd: 0,
  },
  {
    name: 'a key of one’s own: the fee, and what the host charges',
    model: 'openrouter/openai/gpt-5.5',
    wire: {
      ...plain(194, 2),
      cost: 0.0000525,
      is_byok: true,
      cost_details: { upstream_inference_cost: 0.00103 },
    },
    tokens: { input: 194, output: 2 },
    nanoUsd: 52_500 + 1_030_000,
  },
  {
    name: 'a key of one’s own, its host silent: the list',
    model: 'openrouter/openai/gpt-5.5',
    wire: {
      ...plain(194, 2),
      cost: 0.0000525,
      is_byok: true,
      cost_details: { upstream_inference_cost: null },
    },
    tokens: { input: 194, output: 2 },
    nanoUsd: 194 * 5000 + 2 * 30_000,
  },
  {
    name: 'an operator’s own price, which goes before what is stated',
    model: 'openrouter/qwen/qwen3-4b',
    override: QWEN,
    wire: { ...plain(1000, 100), cost: 0.5 },
    tokens: { input: 1000, output: 100 },
    nanoUsd: 1000 * 20 + 100 * 80,
  },
  {
    name: 'a cost that others state is no bill',
    model: 'openai/gpt-4o',
    wire: { ...plain(19, 10), cost: 1 },
    tokens: { input: 19, output: 10 },
    nanoUsd: 19 * 2500 + 10 * 10_000,
  },
  {
    name: 'an OpenAI model, at the edge of its long context',
    model: 'openrouter/openai/gpt-5.5', // 5 in, 30 out up to 272,000
    wire: { ...plain(272_000, 1), cost: 1.36003 },
    tokens: { input: 272_000, output: 1 },
    nanoUsd: 272_000 * 5000 + 1 * 30_000,
  },
  {
    name: 'cached tokens beside the details',
    model: 'mistral/mistral-medium-3-5', // 1.50 in, 0.15 read, 7.50 out
    wire: { ...plain(17, 19), num_cached_tokens: 16 },
    tokens: { input: 1, cache_read: 16, output: 19 },
    nanoUsd: 1 * 1500 + 16 * 150 + 19 * 7500,
  },
  {
    name: 'speech by the second, its tokens included',
    model: 'mistral/voxtral-mini-2602', // 0.18 an hour
    wire: { prompt_audio_seconds: 203, ...plain(4, 635) },
    tokens: { input: 4, output: 635 },
    nanoUsd: 203 * 50_000,
  },
  {
    name: 'cached, with reasoning',
    model: 'groq/openai/gpt-oss-120b', // 0.15 in, 0.075 read, 0.60 out
    wire: {
      queue_time: 0.06,
      ...plain(78, 27),
      total_time: 0.03,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 11 },
    },
    tokens: { input: 14, cache_read: 64, output: 16, reasoning: 11 },
    nanoUsd: 14 * 150 + 64 * 75 + 16 * 600 + 11 * 600,
  },
  {
    name: 'flex, which costs the same there',
    model: 'groq/llama-3.3-70b-versatile', // 0.59 in, 0.79 out
    wire: { ...plain(10, 5), service_tier: 'flex' },
    tokens: { input: 10, output: 5 },
    nanoUsd: 10 * 590 + 5 * 790,
  },
  {
    name: 'speech, shorter than the shortest that is charged',
    model: 'groq/whisper-large-v3', // 0.111 an hour, ten seconds at least
    wire: { type: 'duration', seconds: 4.2 },
    tokens: {},
    nanoUsd: 308_333, // 10 s at 30,833.33
  },
  {
    name: 'a price for the request',
    model: 'perplexity/sonar', // 1 in, 1 out, 12 a thousand requests
    wire: plain(14, 20),
    tokens: { input: 14, output: 20 },
    nanoUsd: 12_000_000 + 14 * 1000 + 20 * 1000,
  },
  {
    name: 'cached tokens on the top level',
    model: 'moonshotai/kimi-k2.5', // 0.60 in, 0.10 read, 3 out
    wire: { ...plain(100, 5), cached_tokens: 90 },
    tokens: { input: 10, cache_read: 90, output: 5 },
    nanoUsd: 10 * 600 + 90 * 100 + 5 * 3000,
  },
  {
    name: 'speech at an own price by the minute',
    model: 'gpu/asr',
    override: { audio_minute: 0.006 },
    wire: { type: 'duration', seconds: 90.5 },
    tokens: {},
    nanoUsd: 9_050_000, // 90.5 s at 100,000
  },
  {
    name: 'every bucket at an own price',
    model: 'openai/gpt-4o',
    override: { input: 1, output: 2, cache_read: 0.1, cache_write: 3, cache_write_1h: 4, reasoning: 5 },
    wire: {
      input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 11, ephemeral_1h_input_tokens: 13 },
      cache_read_input_tokens: 17,
      output_tokens: 19,
      output_tokens_details: { reasoning_tokens: 3 },
    },
    tokens: { input: 7, cache_read: 17, cache_write_5m: 11, cache_write_1h: 13, output: 16, reasoning: 3 },
    nanoUsd: 7 * 1000 + 17 * 100 + 11 * 3000 + 13 * 4000 + 16 * 2000 + 3 * 5000,
  },
]
