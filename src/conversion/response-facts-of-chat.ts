/** What a chat answer and its request tell of the response around the output: ids, model, how it ended. */
import { isObject } from '../openai/is-object.ts'
import type { ResponseState } from '../openai/responses/response-object.ts'

type Fields = Readonly<Record<string, unknown>>

const SERVICE_TIERS = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'])

/** What ids of the response and its items end with: the chat answer's own, without its prefix. */
export function idBaseOf(id: unknown, otherwise: string): string {
  const base = typeof id === 'string' ? id.replace(/^chatcmpl-/, '') : ''
  return base === '' ? otherwise : base
}

export function asksForSummary({ reasoning }: Fields): boolean {
  if (!isObject(reasoning)) return false
  return typeof (reasoning.summary ?? reasoning.generate_summary) === 'string'
}

/** @param finishReason of the chat choice; what servers say beside OpenAI's own words is an answer that is whole */
export function endOf(finishReason: unknown): Pick<ResponseState, 'incompleteReason'> & {
  status: 'completed' | 'incomplete'
} {
  if (finishReason === 'length') return { status: 'incomplete', incompleteReason: 'max_output_tokens' }
  if (finishReason === 'content_filter') return { status: 'incomplete', incompleteReason: 'content_filter' }
  return { status: 'completed' }
}

/** Undefined for what other vendors call their tiers: typed clients know OpenAI's words alone. */
export function serviceTierIn({ service_tier: tier }: Fields): string | undefined {
  return typeof tier === 'string' && SERVICE_TIERS.has(tier) ? tier : undefined
}

export function textIn(holder: Fields, name: string): string | undefined {
  const value = holder[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
