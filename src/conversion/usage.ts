/** Usage blocks for a caller, from one API's words to the other's; bills are made from the provider's own. */
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'

/** Chat counts what the cache read and wrote among its prompt; what was written is told under Anthropic's names too. */
export function usageAsChat(usage: Fields): Fields {
  const read = countOf(usage.cache_read_input_tokens)
  const written = countOf(usage.cache_creation_input_tokens)
  const prompt = countOf(usage.input_tokens) + read + written
  const completion = countOf(usage.output_tokens)
  const details = isObject(usage.output_tokens_details) ? usage.output_tokens_details : {}
  const said: Fields = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: read },
  }
  if (typeof details.thinking_tokens === 'number') {
    said.completion_tokens_details = { reasoning_tokens: details.thinking_tokens }
  }
  if (typeof usage.cache_read_input_tokens === 'number') said.cache_read_input_tokens = read
  if (typeof usage.cache_creation_input_tokens === 'number') said.cache_creation_input_tokens = written
  if (isObject(usage.cache_creation)) said.cache_creation = usage.cache_creation
  if (isObject(usage.server_tool_use)) said.server_tool_use = usage.server_tool_use
  return said
}

/** Anthropic's service tier → OpenAI's word for it, which stands beside the usage. */
export function serviceTierAsChat({ service_tier }: Fields): string | undefined {
  if (service_tier === 'standard') return 'default'
  return typeof service_tier === 'string' ? service_tier : undefined
}

/** Anthropic counts apart what the cache read and wrote. */
export function usageAsMessages(usage: Readonly<Fields>, serviceTier: unknown): Fields {
  const details = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {}
  const written = countOf(usage.cache_creation_input_tokens)
  const cached = countOf(details.cached_tokens ?? usage.prompt_cache_hit_tokens)
  const completion = isObject(usage.completion_tokens_details) ? usage.completion_tokens_details : {}
  const said: Fields = {
    input_tokens: Math.max(0, countOf(usage.prompt_tokens) - cached - written),
    output_tokens: countOf(usage.completion_tokens),
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: written,
  }
  if (isObject(usage.cache_creation)) said.cache_creation = usage.cache_creation
  if (isObject(usage.server_tool_use)) said.server_tool_use = usage.server_tool_use
  if (typeof completion.reasoning_tokens === 'number' && completion.reasoning_tokens > 0) {
    said.output_tokens_details = { thinking_tokens: completion.reasoning_tokens }
  }
  const tier = serviceTierAsMessages(serviceTier)
  if (tier !== undefined) said.service_tier = tier
  return said
}

function serviceTierAsMessages(tier: unknown): string | undefined {
  if (tier === 'default') return 'standard'
  return tier === 'priority' || tier === 'batch' ? tier : undefined
}

function countOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0
}
