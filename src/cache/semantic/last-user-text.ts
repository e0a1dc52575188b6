/** Where a request says what it asks: the text of the user that ends it. */
import { isObject } from '../../openai/is-object.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import type { Hole } from '../canonical-body.ts'

/** The text, and which member of which object of the body holds it. */
export interface LastUserText extends Hole {
  text: string
}

/** Undefined where the request ends otherwise: with an answer begun, a tool's result, or something that is no text. */
export function lastUserText({
  endpoint,
  body,
}: Pick<ModelRequest, 'endpoint' | 'body'>): LastUserText | undefined {
  if (endpoint === 'responses') {
    if (typeof body.input === 'string') return { holder: body, member: 'input', text: body.input }
    return ofTurn(lastOf(body.input))
  }
  if (endpoint !== 'chat/completions' && endpoint !== 'messages') return undefined
  return ofTurn(lastOf(body.messages))
}

function ofTurn(turn: unknown): LastUserText | undefined {
  if (!isObject(turn) || turn.role !== 'user') return undefined
  if (typeof turn.content === 'string') return { holder: turn, member: 'content', text: turn.content }
  const part = lastOf(turn.content)
  if (!isObject(part) || typeof part.text !== 'string') return undefined
  if (part.type !== 'text' && part.type !== 'input_text') return undefined
  return { holder: part, member: 'text', text: part.text }
}

function lastOf(list: unknown): unknown {
  return Array.isArray(list) ? list.at(-1) : undefined
}
