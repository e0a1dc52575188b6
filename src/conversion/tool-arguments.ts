/** A tool's input: a JSON text in chat, an object at Anthropic. */
import { isObject } from '../openai/is-object.ts'

/** A text that is no object is kept under this name, so that a broken call does not end a conversation. */
const UNREADABLE = 'unreadable_arguments'

/** Calls without arguments have an empty text at some servers. */
export function inputOfArguments(text: unknown): Record<string, unknown> {
  if (isObject(text)) return text
  if (typeof text !== 'string' || text.trim() === '') return {}
  try {
    const input: unknown = JSON.parse(text)
    if (isObject(input)) return input
  } catch {
    // Kept as it came, below.
  }
  return { [UNREADABLE]: text }
}

export function argumentsOfInput(input: unknown): string {
  if (!isObject(input)) return JSON.stringify(input ?? {})
  const names = Object.keys(input)
  const kept = input[UNREADABLE]
  return names.length === 1 && typeof kept === 'string' ? kept : JSON.stringify(input)
}
