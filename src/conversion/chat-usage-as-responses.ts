/** Usage as chat counts it → as the Responses API does. Bills are made of the provider's own block, never of this one. */
import { isObject } from '../openai/is-object.ts'

type Fields = Record<string, unknown>

/** Null where nothing was counted. */
export function chatUsageAsResponses(usage: unknown): Fields | null {
  if (!isObject(usage)) return null
  const prompt = objectOf(usage.prompt_tokens_details)
  const completion = objectOf(usage.completion_tokens_details)
  const input = count(usage.prompt_tokens)
  const output = count(usage.completion_tokens)
  return {
    input_tokens: input,
    input_tokens_details: {
      // DeepSeek names what it read from its cache in words of its own.
      cached_tokens: count(prompt.cached_tokens ?? usage.prompt_cache_hit_tokens),
      cache_write_tokens: count(
        prompt.cache_write_tokens ?? prompt.cache_creation_tokens ?? usage.cache_creation_input_tokens,
      ),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: count(completion.reasoning_tokens ?? usage.reasoning_tokens) },
    total_tokens: usage.total_tokens === undefined ? input + output : count(usage.total_tokens),
  }
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

function objectOf(value: unknown): Fields {
  return isObject(value) ? value : {}
}
