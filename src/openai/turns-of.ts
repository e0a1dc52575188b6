/** The messages of a conversation, and where each stands in the body. */
import { isObject } from './is-object.ts'
import type { ModelRequest } from './model-request.ts'
import { promptOf } from './prompt.ts'
import { scanArrayAt } from './scan-members.ts'

export interface PlacedMessage {
  /** What was said by whom: `tool` is what a tool gave back, `assistant` also a model's calls and thoughts. */
  role: 'system' | 'user' | 'assistant' | 'tool'
  /** Byte positions of the message. */
  start: number
  end: number
  message: unknown
}

/** Undefined where the endpoint has no conversation, or the body tells none. @param most the first of them */
export function turnsOf(
  request: ModelRequest,
  most?: number,
): { messages: readonly PlacedMessage[] } | undefined {
  const said = request.endpoint === 'completions' ? undefined : promptOf(request)?.messages
  if (said === undefined || !Array.isArray(said.value)) return undefined
  const list: readonly unknown[] = said.value
  const messages = scanArrayAt(request.bytes, said.start, most).map(({ start, end }, index) => {
    const message = list[index]
    return { role: roleOf(message), start, end, message }
  })
  return { messages }
}

export function roleOf(message: unknown): PlacedMessage['role'] {
  if (!isObject(message)) return 'assistant'
  const { role, type } = message
  if (isSystemRole(role)) return 'system'
  if (role === 'tool' || role === 'function' || type === 'function_call_output') return 'tool'
  return role === 'user' ? 'user' : 'assistant'
}

/** To models the two are the same. */
export function isSystemRole(role: unknown): boolean {
  return role === 'system' || role === 'developer'
}

/** How many of the messages are said ahead of the conversation. */
export function countOfLead(messages: readonly unknown[]): number {
  let count = 0
  while (count < messages.length && roleOf(messages[count]) === 'system') count++
  return count
}
