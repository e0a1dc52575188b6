/** Tells the two faults that another model may not share, a full context window and a content filter, from a provider's words. */
import type { WireError } from './wire-error.ts'

export type ErrorCause = 'context_window' | 'content_filter'

const CONTEXT_CODES = new Set([
  'context_length_exceeded', // OpenAI, Azure, Groq
  'context_window_exceeded',
  'exceed_context_size_error', // llama.cpp
  'model_max_prompt_tokens_exceeded',
])

const FILTER_CODES = new Set([
  'content_filter', // Azure
  'content_policy_violation',
  'responsibleaipolicyviolation',
  'data_inspection_failed', // Alibaba
  'prohibited_content', // Gemini
  'content_filtered',
])

/** Only of messages in which no code says it. */
const CONTEXT_MESSAGES = [
  /maximum (?:context|prompt|model|input) length/i, // OpenAI, vLLM, DeepSeek, Mistral, OpenRouter, xAI
  /(?:exceeds?|exceeded|longer than|greater than|larger than|beyond)[^.]{0,60}context (?:length|size|window)/i, // llama.cpp, SGLang, Ollama
  /input token count[^.]{0,40}exceeds the maximum number of tokens/i, // Gemini
  /prompt is too long|prompt too long|reduce the length of the (?:messages|prompt|input)/i, // Anthropic, Ollama, Groq
  /max(?:imum)?[ _]context[ _](?:length|window)/i,
  /`inputs` tokens \+ `max_new_tokens` must be/i, // TGI
]

const FILTER_MESSAGES = [
  /content management policy/i, // Azure
  /content exists risk/i, // DeepSeek
  /violat\w+ (?:our|the) (?:usage|content) polic/i, // OpenAI
  /flagged (?:by|as|for)[^.]{0,60}(?:moderation|polic|safety|violat)/i, // OpenAI, OpenRouter
  /content[ _]filter/i,
]

/** Undefined for every other fault. */
export function errorCause(error: Pick<WireError, 'message' | 'code' | 'type'>): ErrorCause | undefined {
  const words = [error.code, error.type].map((word) => word?.toLowerCase() ?? '')
  if (words.some((word) => CONTEXT_CODES.has(word))) return 'context_window'
  if (words.some((word) => FILTER_CODES.has(word))) return 'content_filter'
  // A provider may repeat the caller's text in its message; its own words come first.
  const message = error.message.slice(0, 1000)
  if (CONTEXT_MESSAGES.some((pattern) => pattern.test(message))) return 'context_window'
  if (FILTER_MESSAGES.some((pattern) => pattern.test(message))) return 'content_filter'
  return undefined
}
