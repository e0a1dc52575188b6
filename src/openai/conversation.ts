/** What tells one conversation from another, and whether it is in the middle of using tools. */
import { isObject } from './is-object.ts'

type Fields = Readonly<Record<string, unknown>>

/** Longer beginnings that are alike so far are taken for the same. */
const MOST_CHARACTERS = 8192
/** Some conversations never let a user speak. */
const MOST_MESSAGES = 4

/** Whether tools were called, or gave something back, in what the request repeats of its conversation. */
export function usesTools({ messages, input }: Fields): boolean {
  const turns = messages ?? input
  return Array.isArray(turns) && turns.some((turn) => isObject(turn) && isOfTools(turn))
}

/** What a conversation began with, up to its user's first words: the same in each of its requests. */
export function beginningOf({ system, instructions, messages, input }: Fields): string {
  const turns = messages ?? input
  const first: unknown[] = []
  for (const turn of Array.isArray(turns) ? turns : [turns]) {
    first.push(turn)
    if (first.length === MOST_MESSAGES || (isObject(turn) && turn.role === 'user')) break
  }
  return JSON.stringify([system, instructions, first]).slice(0, MOST_CHARACTERS)
}

function isOfTools({ role, type, tool_calls: calls, content }: Fields): boolean {
  if (role === 'tool' || role === 'function' || (Array.isArray(calls) && calls.length > 0)) return true
  if (typeof type === 'string' && /_call(?:_output)?$/.test(type)) return true
  return (
    Array.isArray(content) &&
    content.some((part) => isObject(part) && (part.type === 'tool_use' || part.type === 'tool_result'))
  )
}
