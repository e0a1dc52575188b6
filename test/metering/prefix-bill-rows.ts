/** Answers of providers that read from or wrote to their prefix cache, with the bill that is computed by hand. Long because it is a table. */
import type { Tokens } from '../../src/metering/tokens.ts'

export interface PrefixBillRow {
  name: string
  /** Of the providers in `prefix-bills.test.ts`. */
  provider: string
  model: string
  endpoint: 'chat/completions' | 'responses' | 'messages'
  /** Of the JSON answer; `stated` is what the provider calls its whole prompt. */
  usage: Readonly<Record<string, unknown>>
  /** Beside the usage of a stream's chunks. Default: the usage in one chunk of its own, at the end. */
  streamed?: 'beside the last content' | 'in every chunk' | undefined
  stated: number
  tokens: Partial<Tokens>
  /** Tokens times nano-dollars each (a price of $1 a million is 1000 of them); undefined: no price. */
  nanoUsd: number | undefined
  /** The same tokens, had nothing been cached; undefined where that is not known. */
  uncachedNanoUsd: number | undefined
}

const chat = (prompt: number, completion: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
})

/** Dollars a million tokens of each model stand beside it. */
export const PREFIX_BILL_ROWS: readonly PrefixBillRow[] = [
  {
    name: 'OpenAI before 5.6: reads in steps of 128, writes free',
    provider: 'openai',
    model: 'gpt-5', // 1.25 in, 0.125 read, 10 out
    endpoint: 'chat/completions',
    usage: {
      ...chat(2134, 41),
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    stated: 2134,
    tokens: { input: 214, cache_read: 1920, output: 41 },
    nanoUsd: 214 * 1250 + 1920 * 125 + 41 * 10_000,
    uncachedNanoUsd: 2134 * 1250 + 41 * 10_000,
  },
  {
    name: 'OpenAI before 5.6, Responses',
    provider: 'openai',
    model: 'gpt-5',
    endpoint: 'responses',
    usage: {
      input_tokens: 4100,
      input_tokens_details: { cached_tokens: 3968 },
      output_tokens: 120,
      output_tokens_details: { reasoning_tokens: 64 },
      total_tokens: 4220,
    },
    stated: 4100,
    tokens: { input: 132, cache_read: 3968, output: 56, reasoning: 64 },
    nanoUsd: 132 * 1250 + 3968 * 125 + 120 * 10_000,
    uncachedNanoUsd: 4100 * 1250 + 120 * 10_000,
  },
  {
    name: 'OpenAI since 5.6: read and written, to the token',
    provider: 'openai',
    model: 'gpt-5.6', // 4 in, 0.40 read, 5 written, 20 out
    endpoint: 'chat/completions',
    usage: {
      ...chat(6003, 17),
      prompt_tokens_details: { cached_tokens: 4501, cache_write_tokens: 1389, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 9 },
    },
    stated: 6003,
    tokens: { input: 113, cache_read: 4501, cache_write_30m: 1389, output: 8, reasoning: 9 },
    nanoUsd: 113 * 4000 + 4501 * 400 + 1389 * 5000 + 17 * 20_000,
    uncachedNanoUsd: 6003 * 4000 + 17 * 20_000,
  },
  {
    name: 'OpenAI since 5.6, Responses: written alone, dearer than without',
    provider: 'openai',
    model: 'gpt-5.6',
    endpoint: 'responses',
    usage: {
      input_tokens: 1500,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 1491 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 1503,
    },
    stated: 1500,
    tokens: { input: 9, cache_write_30m: 1491, output: 3 },
    nanoUsd: 9 * 4000 + 1491 * 5000 + 3 * 20_000,
    uncachedNanoUsd: 1500 * 4000 + 3 * 20_000,
  },
  {
    name: 'Anthropic: written for five minutes and for an hour, its input apart',
    provider: 'anthropic',
    model: 'claude-opus-5-5', // 4 in, 0.20 read, 5 and 8 written, 20 out
    endpoint: 'messages',
    usage: {
      input_tokens: 21,
      cache_creation_input_tokens: 2600,
      cache_read_input_tokens: 18_000,
      cache_creation: { ephemeral_5m_input_tokens: 600, ephemeral_1h_input_tokens: 2000 },
      output_tokens: 77,
      service_tier: 'standard',
    },
    stated: 21 + 2600 + 18_000,
    tokens: { input: 21, cache_read: 18_000, cache_write_5m: 600, cache_write_1h: 2000, output: 77 },
    nanoUsd: 21 * 4000 + 18_000 * 200 + 600 * 5000 + 2000 * 8000 + 77 * 20_000,
    uncachedNanoUsd: 20_621 * 4000 + 77 * 20_000,
  },
  {
    name: 'Anthropic, asked in the words of chat',
    provider: 'anthropic',
    model: 'claude-haiku-4-5', // 1 in, 0.10 read, 1.25 and 2 written, 5 out
    endpoint: 'chat/completions',
    usage: {
      input_tokens: 8,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 5000,
      cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 0 },
      output_tokens: 30,
    },
    stated: 5308,
    tokens: { input: 8, cache_read: 5000, cache_write_5m: 300, output: 30 },
    nanoUsd: 8 * 1000 + 5000 * 100 + 300 * 1250 + 30 * 5000,
    uncachedNanoUsd: 5308 * 1000 + 30 * 5000,
  },
  {
    name: 'Anthropic, written without saying for how long',
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    endpoint: 'messages',
    usage: {
      input_tokens: 5,
      cache_creation_input_tokens: 4200,
      cache_read_input_tokens: 0,
      output_tokens: 2,
    },
    stated: 4205,
    tokens: { input: 5, cache_write_5m: 4200, output: 2 },
    nanoUsd: 5 * 1000 + 4200 * 1250 + 2 * 5000,
    uncachedNanoUsd: 4205 * 1000 + 2 * 5000,
  },
  {
    name: "Gemini in OpenAI's words, thoughts in the total only",
    provider: 'gemini',
    model: 'gemini-2.5-flash', // 0.30 in, 0.03 read, 2.50 out
    endpoint: 'chat/completions',
    usage: {
      prompt_tokens: 5000,
      completion_tokens: 60,
      total_tokens: 5300,
      prompt_tokens_details: { cached_tokens: 4096 },
    },
    streamed: 'in every chunk',
    stated: 5000,
    tokens: { input: 904, cache_read: 4096, output: 60, reasoning: 240 },
    nanoUsd: 904 * 300 + 4096 * 30 + 300 * 2500,
    uncachedNanoUsd: 5000 * 300 + 300 * 2500,
  },
  {
    name: "Gemini's own counts, behind a proxy that hands them on",
    provider: 'gemini',
    model: 'gemini-2.5-flash',
    endpoint: 'chat/completions',
    usage: {
      promptTokenCount: 3000,
      cachedContentTokenCount: 2048,
      candidatesTokenCount: 12,
      thoughtsTokenCount: 100,
      totalTokenCount: 3112,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 3000 }],
      cacheTokensDetails: [{ modality: 'TEXT', tokenCount: 2048 }],
    },
    stated: 3000,
    tokens: { input: 952, cache_read: 2048, output: 12, reasoning: 100 },
    nanoUsd: 952 * 300 + 2048 * 30 + 112 * 2500,
    uncachedNanoUsd: 3000 * 300 + 112 * 2500,
  },
  {
    name: 'DeepSeek: hits and misses beside the cached tokens that are the same hits',
    provider: 'deepseek',
    model: 'deepseek-chat', // 0.27 in, 0.07 read, 1.10 out
    endpoint: 'chat/completions',
    usage: {
      ...chat(1300, 9),
      prompt_tokens_details: { cached_tokens: 1216 },
      prompt_cache_hit_tokens: 1216,
      prompt_cache_miss_tokens: 84,
    },
    streamed: 'beside the last content',
    stated: 1300,
    tokens: { input: 84, cache_read: 1216, output: 9 },
    nanoUsd: 84 * 270 + 1216 * 70 + 9 * 1100,
    uncachedNanoUsd: 1300 * 270 + 9 * 1100,
  },
  {
    name: 'xAI: text tokens that hold the cached ones, reasoning beside the completion',
    provider: 'xai',
    model: 'grok-4-1-fast-reasoning', // 0.20 in, 0.05 read, 0.50 out
    endpoint: 'chat/completions',
    usage: {
      prompt_tokens: 4000,
      completion_tokens: 11,
      total_tokens: 4201,
      prompt_tokens_details: { text_tokens: 4000, audio_tokens: 0, image_tokens: 0, cached_tokens: 3840 },
      completion_tokens_details: { reasoning_tokens: 190, audio_tokens: 0 },
      num_sources_used: 0,
    },
    streamed: 'in every chunk',
    stated: 4000,
    tokens: { input: 160, cache_read: 3840, output: 11, reasoning: 190 },
    nanoUsd: 160 * 200 + 3840 * 50 + 201 * 500,
    uncachedNanoUsd: 4000 * 200 + 201 * 500,
  },
  {
    name: 'vLLM with its prompt details, at an own price',
    provider: 'vllm',
    model: 'qwen3-4b', // 0.02 in, 0.002 read, 0.08 out
    endpoint: 'chat/completions',
    usage: { ...chat(1100, 50), prompt_tokens_details: { cached_tokens: 1088 } },
    stated: 1100,
    tokens: { input: 12, cache_read: 1088, output: 50 },
    nanoUsd: 12 * 20 + 1088 * 2 + 50 * 80,
    uncachedNanoUsd: 1100 * 20 + 50 * 80,
  },
  {
    name: 'vLLM without them',
    provider: 'vllm',
    model: 'qwen3-4b',
    endpoint: 'chat/completions',
    usage: { ...chat(1100, 50), prompt_tokens_details: null },
    stated: 1100,
    tokens: { input: 1100, output: 50 },
    nanoUsd: 1100 * 20 + 50 * 80,
    uncachedNanoUsd: 1100 * 20 + 50 * 80,
  },
  {
    name: 'SGLang with its cache report, reasoning beside the details, without a price',
    provider: 'sglang',
    model: 'qwen3-8b',
    endpoint: 'chat/completions',
    usage: { ...chat(2000, 30), prompt_tokens_details: { cached_tokens: 1900 }, reasoning_tokens: 12 },
    stated: 2000,
    tokens: { input: 100, cache_read: 1900, output: 18, reasoning: 12 },
    nanoUsd: undefined,
    uncachedNanoUsd: undefined,
  },
  {
    name: 'OpenRouter: its own bill, which agrees with the list',
    provider: 'openrouter',
    model: 'anthropic/claude-sonnet-4.5', // 3 in, 0.30 read, 3.75 written, 15 out
    endpoint: 'chat/completions',
    usage: {
      ...chat(2194, 27),
      cost: 0.003387,
      is_byok: false,
      prompt_tokens_details: { cached_tokens: 1500, cache_write_tokens: 600, audio_tokens: 0 },
      cost_details: { upstream_inference_cost: null },
      completion_tokens_details: { reasoning_tokens: 13, image_tokens: 0 },
    },
    stated: 2194,
    tokens: { input: 94, cache_read: 1500, cache_write_5m: 600, output: 14, reasoning: 13 },
    nanoUsd: 94 * 3000 + 1500 * 300 + 600 * 3750 + 27 * 15_000,
    uncachedNanoUsd: 2194 * 3000 + 27 * 15_000,
  },
  {
    name: 'OpenRouter: a bill that the list does not explain, so that nothing is claimed of its cache',
    provider: 'openrouter',
    model: 'anthropic/claude-sonnet-4.5',
    endpoint: 'chat/completions',
    usage: {
      ...chat(2194, 27),
      cost: 0.00371,
      is_byok: false,
      prompt_tokens_details: { cached_tokens: 1500, cache_write_tokens: 600 },
    },
    stated: 2194,
    tokens: { input: 94, cache_read: 1500, cache_write_5m: 600, output: 27 },
    nanoUsd: 3_710_000,
    uncachedNanoUsd: 3_710_000,
  },
]
