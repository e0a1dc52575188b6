/** How providers word what they counted, by the model that a test asks for: `as-deepseek` answers as DeepSeek does. */
import { type Counted, type CountedBucket, inputOf, outputOf } from './counted.ts'

export interface UsageShape {
  /** The buckets besides `input` and `output` that its words can tell. */
  knows: readonly CountedBucket[]
  wire(it: Counted): Readonly<Record<string, unknown>>
  /** Where a stream carries it: in a chunk of its own, in the one that finishes, or counting on in each. */
  place: 'own_chunk' | 'finish_chunk' | 'every_chunk'
  /** A stream carries it though nobody asked. */
  unasked?: true
}

/** Prompt and completion include their parts, and the total is both. */
const totals = (it: Counted) => ({
  prompt_tokens: inputOf(it),
  completion_tokens: outputOf(it),
  total_tokens: inputOf(it) + outputOf(it),
})

/** OpenRouter's price of an answer: dollars with nine decimals at most, so that a nano-dollar is exact. */
export function statedNanoUsd(it: Counted): number {
  return 37 * inputOf(it) + 113 * outputOf(it)
}

const SHAPES: Readonly<Record<string, UsageShape>> = {
  openai: {
    knows: ['cache_read', 'cache_write_30m', 'audio_in', 'reasoning', 'audio_out'],
    place: 'own_chunk',
    wire: (it) => ({
      ...totals(it),
      prompt_tokens_details: {
        cached_tokens: it.cache_read,
        cache_write_tokens: it.cache_write_30m,
        audio_tokens: it.audio_in,
      },
      completion_tokens_details: {
        reasoning_tokens: it.reasoning,
        audio_tokens: it.audio_out,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    }),
  },
  anthropic: {
    knows: ['cache_read', 'cache_write_5m', 'cache_write_1h'],
    place: 'own_chunk',
    wire: (it) => ({
      input_tokens: it.input,
      cache_read_input_tokens: it.cache_read,
      cache_creation_input_tokens: it.cache_write_5m + it.cache_write_1h,
      cache_creation: {
        ephemeral_5m_input_tokens: it.cache_write_5m,
        ephemeral_1h_input_tokens: it.cache_write_1h,
      },
      output_tokens: it.output,
    }),
  },
  deepseek: {
    knows: ['cache_read', 'reasoning'],
    place: 'finish_chunk',
    wire: (it) => ({
      ...totals(it),
      prompt_tokens_details: { cached_tokens: it.cache_read },
      completion_tokens_details: { reasoning_tokens: it.reasoning },
      prompt_cache_hit_tokens: it.cache_read,
      prompt_cache_miss_tokens: it.input,
    }),
  },
  gemini: {
    knows: ['reasoning'],
    place: 'finish_chunk',
    wire: (it) => ({ ...totals(it), completion_tokens: it.output }),
  },
  xai: {
    knows: ['cache_read', 'reasoning'],
    place: 'own_chunk',
    wire: (it) => ({
      ...totals(it),
      completion_tokens: it.output,
      prompt_tokens_details: {
        text_tokens: it.input + it.cache_read,
        audio_tokens: 0,
        image_tokens: 0,
        cached_tokens: it.cache_read,
      },
      completion_tokens_details: { reasoning_tokens: it.reasoning, audio_tokens: 0 },
      num_sources_used: 0,
    }),
  },
  mistral: {
    knows: ['cache_read'],
    place: 'finish_chunk',
    unasked: true,
    wire: (it) => ({ ...totals(it), num_cached_tokens: it.cache_read }),
  },
  groq: {
    knows: [],
    place: 'own_chunk',
    wire: (it) => ({
      ...totals(it),
      queue_time: 0.01,
      prompt_time: 0.002,
      completion_time: 0.03,
      total_time: 0.042,
    }),
  },
  openrouter: {
    knows: ['cache_read', 'cache_write_5m', 'reasoning'],
    place: 'own_chunk',
    unasked: true,
    wire: (it) => ({
      ...totals(it),
      prompt_tokens_details: {
        cached_tokens: it.cache_read,
        cache_write_tokens: it.cache_write_5m,
        audio_tokens: 0,
      },
      completion_tokens_details: { reasoning_tokens: it.reasoning, image_tokens: 0 },
      cost: statedNanoUsd(it) / 1e9,
      is_byok: false,
      cost_details: { upstream_inference_cost: null },
    }),
  },
  vllm: {
    knows: ['cache_read'],
    place: 'every_chunk',
    wire: (it) => ({
      prompt_tokens: inputOf(it),
      total_tokens: inputOf(it) + outputOf(it),
      completion_tokens: outputOf(it),
      prompt_tokens_details: it.cache_read === 0 ? null : { cached_tokens: it.cache_read },
    }),
  },
  sglang: {
    knows: ['cache_read', 'reasoning'],
    place: 'own_chunk',
    wire: (it) => ({
      ...totals(it),
      prompt_tokens_details: { cached_tokens: it.cache_read },
      reasoning_tokens: it.reasoning,
    }),
  },
}

export const SHAPE_NAMES: readonly string[] = Object.keys(SHAPES)

/** Undefined for a model that is answered as OpenAI's own always were. */
export function shapeOf(model: string): UsageShape | undefined {
  const name = /(?:^|\/)as-([a-z]+)$/.exec(model)?.[1]
  return name === undefined ? undefined : SHAPES[name]
}
