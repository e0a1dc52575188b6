/** The least that has a provider read a prompt's beginning once more: its tools and what the system says, and a full stop. */

import { readBody } from '../../openai/body-shape.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import { modelRequest } from '../../openai/model-request.ts'
import { countOfLead } from '../../openai/turns-of.ts'

/** What decides which prompts are the same to a cache, beside the conversation. */
const KEPT = [
  'tools',
  'functions',
  'system',
  'instructions',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'reasoning_effort',
  'reasoning',
] as const
const QUESTION = '.'
/** Responses has no shorter answers. */
const SHORTEST_RESPONSE = 16

/** Undefined where the endpoint has no conversations. `model` as `provider/model`. */
export function refreshRequest({ endpoint, body }: ModelRequest, model: string): ModelRequest | undefined {
  const refresh: Record<string, unknown> = { model }
  for (const name of KEPT) if (body[name] !== undefined) refresh[name] = body[name]
  const question = { role: 'user', content: QUESTION }
  if (endpoint === 'responses') {
    Object.assign(refresh, {
      input: [...leadingSystem(body.input), question],
      max_output_tokens: SHORTEST_RESPONSE,
      store: false,
    })
  } else if (endpoint === 'messages') {
    Object.assign(refresh, { messages: [question], max_tokens: 1 })
  } else if (endpoint === 'chat/completions') {
    const bound = body.max_completion_tokens === undefined ? 'max_tokens' : 'max_completion_tokens'
    Object.assign(refresh, { messages: [...leadingSystem(body.messages), question], [bound]: 1 })
  } else return undefined
  return modelRequest(endpoint, readBody(new TextEncoder().encode(JSON.stringify(refresh))), false)
}

function leadingSystem(messages: unknown): readonly unknown[] {
  return Array.isArray(messages) ? messages.slice(0, countOfLead(messages)) : []
}
