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
} from './body-shape.ts'
import { isObject } from './is-object.ts'
import type { ModelRequest } from './model-request.ts'

/**
 * Unknown fields are kept and unread.
 * @throws Failure as `parseModelRequest` does
 */
export function parseCompletionsRequest(bytes: Uint8Array): ModelRequest {
  const { members, body } = readBody(bytes)
  requireShape(body, 'model', STRING)
  allowShape(body, 'stream', BOOLEAN)
  allowShape(body, 'user', STRING)
  allowShape(body, 'metadata', OBJECT)
  allowShape(body, 'stream_options', OBJECT)
  for (const name of ['max_tokens', 'n', 'best_of']) allowShape(body, name, INTEGER)
  requirePresence(body, 'prompt')
  checkPrompt(body.prompt)
  const options = isObject(body.stream_options) ? body.stream_options : {}
  allowShape(options, 'include_usage', BOOLEAN, 'stream_options.include_usage')
  return {
    endpoint: 'completions',
    bytes,
    members,
    body,
    model: typeof body.model === 'string' ? body.model : undefined,
    stream: body.stream === true,
    wantsUsage: options.include_usage === true,
  }
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
