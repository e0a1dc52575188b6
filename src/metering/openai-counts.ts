/** Reads usage blocks in OpenAI's words, those of its many imitators, and Anthropic's. */
import { isObject } from '../openai/is-object.ts'
import { type Counts, count, firstCount } from './counts.ts'

type Wire = Readonly<Record<string, unknown>>

/** Undefined where nothing is counted. */
export function openaiCounts(wire: Wire): Counts | undefined {
  const prompt = promptTokens(wire)
  const completion = firstCount(wire.completion_tokens, wire.output_tokens)
  const total = count(wire.total_tokens)
  if (prompt === undefined && completion === undefined && total === undefined) return undefined
  const details = objectOf(
    wire.prompt_tokens_details ?? wire.input_tokens_details ?? wire.input_token_details,
  )
  const written = writtenTokens(wire, details)
  const cached = cachedTokens(wire, details)
  // Embeddings have no completion, and some providers of them report the total alone.
  const stated =
    completion === undefined
      ? Math.max(prompt ?? 0, total ?? 0)
      : (prompt ?? Math.max(0, (total ?? 0) - completion))
  const apart = cached + written.written5m + written.written1h
  const input = excludesCache(wire, stated, completion, total, apart) ? stated + apart : stated
  // Gemini and xAI count reasoning in the total only.
  const besides = completion === undefined ? 0 : Math.max(0, (total ?? 0) - input - completion)
  const kinds = objectOf(details.cached_tokens_details)
  const answer = objectOf(
    wire.completion_tokens_details ?? wire.output_tokens_details ?? wire.output_token_details,
  )
  // Anthropic calls it thinking; SGLang and Perplexity count it beside the details.
  const reasoning = firstCount(answer.reasoning_tokens, answer.thinking_tokens, wire.reasoning_tokens) ?? 0
  // Spelled out: a spread costs more than the counting.
  return {
    input,
    cached,
    cachedAudio: count(kinds.audio_tokens) ?? 0,
    cachedImage: count(kinds.image_tokens) ?? 0,
    written5m: written.written5m,
    written30m: written.written30m,
    written1h: written.written1h,
    audioIn: count(details.audio_tokens) ?? 0,
    imageIn: count(details.image_tokens) ?? 0,
    output: (completion ?? 0) + besides,
    reasoning: Math.max(reasoning, besides),
    audioOut: count(answer.audio_tokens) ?? 0,
    imageOut: count(answer.image_tokens) ?? 0,
  }
}

function promptTokens(wire: Wire): number | undefined {
  const stated = firstCount(wire.prompt_tokens, wire.input_tokens)
  if (stated !== undefined) return stated
  const hit = count(wire.prompt_cache_hit_tokens)
  const miss = count(wire.prompt_cache_miss_tokens)
  return hit === undefined && miss === undefined ? undefined : (hit ?? 0) + (miss ?? 0)
}

function cachedTokens(wire: Wire, details: Wire): number {
  const cached = firstCount(
    details.cached_tokens,
    wire.prompt_cache_hit_tokens, // DeepSeek
    wire.cached_tokens, // Moonshot, Together
    wire.num_cached_tokens, // Mistral
    wire.cache_read_input_tokens, // Anthropic
  )
  return cached ?? 0
}

function writtenTokens(wire: Wire, details: Wire): Pick<Counts, 'written5m' | 'written30m' | 'written1h'> {
  const split = objectOf(wire.cache_creation ?? details.cache_creation_token_details)
  const hour = count(split.ephemeral_1h_input_tokens) ?? 0
  const minutes = count(split.ephemeral_5m_input_tokens) ?? 0
  const created = firstCount(wire.cache_creation_input_tokens, details.cache_creation_tokens) ?? 0
  const whole = Math.max(created, hour + minutes)
  // Whatever Anthropic does not say to last an hour lasts five minutes.
  if (whole > 0) return { written5m: whole - hour, written30m: 0, written1h: hour }
  const written = count(details.cache_write_tokens) ?? 0
  // OpenAI keeps what it writes for 30 minutes; OpenRouter, told by its `cost`, asks Anthropic for 5.
  return wire.cost === undefined
    ? { written5m: 0, written30m: written, written1h: 0 }
    : { written5m: written, written30m: 0, written1h: 0 }
}

/** Anthropic's `input_tokens` leave out what the cache read and wrote; a proxy may have kept that, under OpenAI's names. */
function excludesCache(
  wire: Wire,
  prompt: number,
  completion: number | undefined,
  total: number | undefined,
  apart: number,
): boolean {
  if (apart === 0) return false
  const anthropic = firstCount(wire.cache_read_input_tokens, wire.cache_creation_input_tokens)
  if (anthropic === undefined && !isObject(wire.cache_creation)) return false
  const native = wire.prompt_tokens === undefined && wire.input_tokens_details === undefined
  if (native && total === undefined) return true
  return prompt < apart || total === prompt + (completion ?? 0) + apart
}

const NOTHING: Wire = {}

function objectOf(value: unknown): Wire {
  return isObject(value) ? value : NOTHING
}
