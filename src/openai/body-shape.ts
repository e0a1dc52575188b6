/** What members of a request body must be, and the sentences that say so where they are not. */
import { Failure } from '../errors.ts'
import { isObject } from './is-object.ts'
import { jsonFailure } from './json-position.ts'
import type { RequestBody } from './model-request.ts'
import { scanMembers } from './scan-members.ts'

export type Body = Readonly<Record<string, unknown>>

interface Shape {
  /** With its article, as the message words it. */
  expected: string
  holds(value: unknown): boolean
}

export const STRING: Shape = { expected: 'a string', holds: (value) => typeof value === 'string' }
export const BOOLEAN: Shape = { expected: 'a boolean', holds: (value) => typeof value === 'boolean' }
export const INTEGER: Shape = { expected: 'an integer', holds: Number.isInteger }
export const OBJECT: Shape = { expected: 'an object', holds: isObject }
export const ARRAY: Shape = { expected: 'an array', holds: Array.isArray }
export const STRING_OR_ARRAY: Shape = {
  expected: 'a string or an array',
  holds: (value) => typeof value === 'string' || Array.isArray(value),
}

/** @throws Failure `invalid_json` with line and column, `duplicate_key`, `nesting_too_deep` or `invalid_request`. */
export function readBody(bytes: Uint8Array): Pick<RequestBody, 'bytes' | 'members' | 'body'> {
  // The scan comes first: it bounds the nesting that the parser meets.
  const members = scanMembers(bytes)
  return { bytes, members, body: parseBody(bytes) }
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
export function requireShape(body: Body, name: string, shape: Shape): void {
  const value = body[name]
  if (value !== undefined && !shape.holds(value)) throw wrongType(name, shape, value)
}

/** Absent and null are fine. */
export function allowShape(body: Body, name: string, shape: Shape, param = name): void {
  const value = body[name]
  if (value !== undefined && value !== null && !shape.holds(value)) throw wrongType(param, shape, value)
}

/** Whether a stream is asked to end with its usage. @throws Failure `invalid_request` */
export function wantsStreamUsage(body: Body): boolean {
  allowShape(body, 'stream_options', OBJECT)
  const options = isObject(body.stream_options) ? body.stream_options : {}
  allowShape(options, 'include_usage', BOOLEAN, 'stream_options.include_usage')
  return options.include_usage === true
}

export function requirePresence(body: Body, name: string): void {
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
