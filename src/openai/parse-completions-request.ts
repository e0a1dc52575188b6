/** Reads a legacy completion request at the door: a prompt, or several, as text or as tokens. */
import { Failure } from '../errors.ts'
import {
  allowShape,
  BOOLEAN,
  INTEGER,
  OBJECT,
  readBody,
  requirePresence,
  requireShape,
  STRING,
  wantsStreamUsage,
} from './body-shape.ts'
import { type ModelRequest, modelRequest } from './model-request.ts'

/**
 * Unknown fields are kept and unread.
 * @throws Failure as `parseModelRequest` does
 */
export function parseCompletionsRequest(bytes: Uint8Array): ModelRequest {
  const read = readBody(bytes)
  const { body } = read
  requireShape(body, 'model', STRING)
  allowShape(body, 'stream', BOOLEAN)
  allowShape(body, 'user', STRING)
  allowShape(body, 'metadata', OBJECT)
  for (const name of ['max_tokens', 'n', 'best_of']) allowShape(body, name, INTEGER)
  requirePresence(body, 'prompt')
  checkPrompt(body.prompt)
  return modelRequest('completions', read, wantsStreamUsage(body))
}

/** How many texts the prompt asks to be completed: a list of tokens is one. */
export function promptCount(prompt: unknown): number {
  if (!Array.isArray(prompt) || typeof prompt[0] === 'number') return 1
  return Math.max(1, prompt.length)
}

/** Null asks for a text from nothing. */
function checkPrompt(prompt: unknown): void {
  if (prompt === null || typeof prompt === 'string') return
  if (Array.isArray(prompt)) {
    // Of long lists the first element says what all are meant to be; the provider checks each.
    const first: unknown = prompt[0]
    if (first === undefined || typeof first === 'string' || isToken(first)) return
    if (Array.isArray(first) && (first.length === 0 || isToken(first[0]))) return
  }
  throw new Failure(
    'invalid_request',
    "Invalid type for 'prompt': expected a string, a list of strings, a list of tokens or a list of such lists.",
    { param: 'prompt' },
  )
}

function isToken(value: unknown): boolean {
  return Number.isInteger(value)
}
