/** Reads a request body at the door: what routing and metering need is checked, everything else is kept as it came. */
import { Failure } from '../errors.ts'
import { isObject } from './is-object.ts'
import { jsonFailure } from './json-position.ts'
import type { ModelRequest } from './model-request.ts'
import { scanMembers } from './scan-members.ts'

type Body = Readonly<Record<string, unknown>>

interface Shape {
  /** With its article, as the message words it. */
  expected: string
  holds(value: unknown): boolean
}

const STRING: Shape = { expected: 'a string', holds: (value) => typeof value === 'string' }
const BOOLEAN: Shape = { expected: 'a boolean', holds: (value) => typeof value === 'boolean' }
const INTEGER: Shape = { expected: 'an integer', holds: Number.isInteger }
const OBJECT: Shape = { expected: 'an object', holds: isObject }
const ARRAY: Shape = { expected: 'an array', holds: Array.isArray }

const REQUIRED: Readonly<Record<ModelRequest['endpoint'], string>> = {
  'chat/completions': 'messages',
  completions: 'prompt',
  embeddings: 'input',
  responses: 'input',
  messages: 'messages',
}

/**
 * Unknown fields are kept and unread.
 * @throws Failure `invalid_json` with line and column, `duplicate_key`, `nesting_too_deep`, or
 * `invalid_request` with `param`.
 */
export function parseModelRequest(endpoint: ModelRequest['endpoint'], bytes: Uint8Array): ModelRequest {
  const { members, body } = parseJsonBody(bytes)
  requireModelName(body)
  allowShape(body, 'stream', BOOLEAN)
  allowShape(body, 'user', STRING)
  allowShape(body, 'metadata', OBJECT)
  allowShape(body, 'stream_options', OBJECT)
  allowShape(body, 'max_tokens', INTEGER)
  allowShape(body, 'max_completion_tokens', INTEGER)
  requirePresence(body, REQUIRED[endpoint])
  if (endpoint === 'chat/completions') requireShape(body, 'messages', ARRAY)
  const options = isObject(body.stream_options) ? body.stream_options : {}
  allowShape(options, 'include_usage', BOOLEAN, 'stream_options.include_usage')
  return {
    endpoint,
    bytes,
    members,
    body,
    model: typeof body.model === 'string' ? body.model : undefined,
    stream: body.stream === true,
    wantsUsage: options.include_usage === true,
  }
}

/** @throws Failure `invalid_json`, `duplicate_key`, `nesting_too_deep`, `invalid_request` where it is no object */
export function parseJsonBody(bytes: Uint8Array): { members: ModelRequest['members']; body: Body } {
  // The scan comes first: it bounds the nesting that the parser meets.
  const members = scanMembers(bytes)
  return { members, body: parseBody(bytes) }
}

/** @throws Failure `invalid_request` where `model` is there and no string */
export function requireModelName(body: Body): void {
  requireShape(body, 'model', STRING)
}

function parseBody(bytes: Uint8Array): Body {
  try {
    // Made anew each time: a decoder that threw once may keep state.
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isObject(body)) return body
  } catch (error) {
    throw (
      jsonFailure(bytes) ??
      new Failure('invalid_json', 'The request body is not valid JSON.', { cause: error })
    )
  }
  throw new Failure('invalid_request', 'The request body must be a JSON object.')
}

/** Absent is fine, null is not. */
function requireShape(body: Body, name: string, shape: Shape): void {
  const value = body[name]
  if (value !== undefined && !shape.holds(value)) throw wrongType(name, shape, value)
}

/** Absent and null are fine. */
function allowShape(body: Body, name: string, shape: Shape, param = name): void {
  const value = body[name]
  if (value !== undefined && value !== null && !shape.holds(value)) throw wrongType(param, shape, value)
}

function requirePresence(body: Body, name: string): void {
  if (body[name] === undefined) {
    throw new Failure('invalid_request', `Missing required parameter: '${name}'.`, { param: name })
  }
}

function wrongType(param: string, shape: Shape, value: unknown): Failure {
  const message = `Invalid type for '${param}': expected ${shape.expected}, but got ${kindOf(value)} instead.`
  return new Failure('invalid_request', message, { param })
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}
