/** Reads the usage block of any OpenAI-compatible provider into disjoint token buckets. */
import { isObject } from '../openai/is-object.ts'
import { noTokens, type Tokens, type Usage } from './tokens.ts'

type Wire = Readonly<Record<string, unknown>>

/** Beyond any real request; keeps sums exact where a provider reports nonsense. */
const MOST_TOKENS = 1e12

/**
 * The buckets sum to the provider's totals: cached, audio and image tokens are taken out of the prompt,
 * reasoning and audio out of the completion. Parts that exceed their whole are cut down to it.
 * @returns undefined where `wire` counts nothing.
 */
export function usageFromWire(wire: unknown): Usage | undefined {
  if (!isObject(wire)) return undefined
  const prompt = promptTokens(wire)
  const completion = firstCount(wire.completion_tokens, wire.output_tokens)
  const total = count(wire.total_tokens)
  if (prompt === undefined && completion === undefined && total === undefined) return undefined
  const tokens = noTokens()
  if (completion === undefined) {
    // Embeddings have no completion, and some providers of them report the total alone.
    fillInput(tokens, wire, Math.max(prompt ?? 0, total ?? 0))
    return { tokens, source: 'reported' }
  }
  const input = prompt ?? Math.max(0, (total ?? 0) - completion)
  fillInput(tokens, wire, input)
  // Gemini and xAI count reasoning in the total only.
  const besides = Math.max(0, (total ?? 0) - input - completion)
  fillOutput(tokens, wire, completion + besides, besides)
  return { tokens, source: 'reported' }
}

function promptTokens(wire: Wire): number | undefined {
  const stated = firstCount(wire.prompt_tokens, wire.input_tokens)
  if (stated !== undefined) return stated
  const hit = count(wire.prompt_cache_hit_tokens)
  const miss = count(wire.prompt_cache_miss_tokens)
  return hit === undefined && miss === undefined ? undefined : (hit ?? 0) + (miss ?? 0)
}

function fillInput(tokens: Tokens, wire: Wire, total: number): void {
  const details = objectOf(wire.prompt_tokens_details ?? wire.input_tokens_details)
  const written = firstCount(
    details.cache_write_tokens,
    details.cache_creation_tokens,
    wire.cache_creation_input_tokens,
  )
  const left = { tokens: total }
  tokens.cache_read = take(
    left,
    firstCount(
      details.cached_tokens,
      wire.prompt_cache_hit_tokens, // DeepSeek
      wire.cached_tokens, // Moonshot
      wire.num_cached_tokens, // Mistral
      wire.cache_read_input_tokens, // Anthropic behind a proxy
    ),
  )
  // OpenAI keeps what it writes for 30 minutes; OpenRouter, told by its `cost`, asks Anthropic for 5.
  const lifetime = wire.cost === undefined ? 'cache_write_30m' : 'cache_write_5m'
  tokens[lifetime] = take(left, written)
  tokens.audio_in = take(left, count(details.audio_tokens))
  tokens.image_in = take(left, count(details.image_tokens))
  tokens.input = left.tokens
}

function fillOutput(tokens: Tokens, wire: Wire, total: number, besides: number): void {
  const details = objectOf(wire.completion_tokens_details ?? wire.output_tokens_details)
  // SGLang and Perplexity count reasoning beside the details.
  const reasoning = firstCount(details.reasoning_tokens, wire.reasoning_tokens) ?? 0
  const left = { tokens: total }
  tokens.reasoning = take(left, Math.max(reasoning, besides))
  tokens.audio_out = take(left, count(details.audio_tokens))
  tokens.image_out = take(left, count(details.image_tokens))
  tokens.output = left.tokens
}

function take(left: { tokens: number }, wanted: number | undefined): number {
  const taken = Math.min(wanted ?? 0, left.tokens)
  left.tokens -= taken
  return taken
}

function firstCount(...values: readonly unknown[]): number | undefined {
  for (const value of values) {
    const found = count(value)
    if (found !== undefined) return found
  }
  return undefined
}

function count(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0)) return undefined
  return Math.min(Math.trunc(value), MOST_TOKENS)
}

function objectOf(value: unknown): Wire {
  return isObject(value) ? value : {}
}
