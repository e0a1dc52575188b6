/** The messages of a conversation, and where each stands in the body. */
import { isObject } from './is-object.ts'
import type { ModelRequest } from './model-request.ts'
import { scanArrayAt } from './scan-members.ts'

const OPEN_BRACKET = 0x5b

export interface PlacedMessage {
  /** What was said by whom: `tool` is what a tool gave back, `assistant` also a model's calls and thoughts. */
  role: 'system' | 'user' | 'assistant' | 'tool'
  /** Byte positions of the message. */
  start: number
  end: number
  message: unknown
}

/** Undefined where the endpoint has no conversation, or the body tells none. */
export function turnsOf(request: ModelRequest): { messages: readonly PlacedMessage[] } | undefined {
  const { endpoint, members, body, bytes } = request
  const name = endpoint === 'responses' ? 'input' : 'messages'
  const member = members.get(name)
  const list = body[name]
  if (member === undefined || !Array.isArray(list) || bytes[member.valueStart] !== OPEN_BRACKET)
    return undefined
  const messages = scanArrayAt(bytes, member.valueStart).map(({ start, end }, index) => {
    const message: unknown = list[index]
    return { role: roleOf(message), start, end, message }
  })
  return { messages }
}

function roleOf(message: unknown): PlacedMessage['role'] {
  if (!isObject(message)) return 'assistant'
  const { role, type } = message
  if (role === 'system' || role === 'developer') return 'system'
  if (role === 'tool' || role === 'function' || type === 'function_call_output') return 'tool'
  return role === 'user' ? 'user' : 'assistant'
}
