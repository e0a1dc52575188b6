/** Reads the body of a messages request at the door: what routing and metering need is checked, everything else is kept as it came. */
import { Failure } from '../errors.ts'
import {
  ARRAY,
  allowShape,
  BOOLEAN,
  INTEGER,
  OBJECT,
  readBody,
  requirePresence,
  requireShape,
  STRING,
} from '../openai/body-shape.ts'
import { type ModelRequest, modelRequest } from '../openai/model-request.ts'

export interface MessagesRequestOptions {
  /** Counting a request's tokens needs no bound of the answer. */
  needsMaxTokens?: boolean
}

/**
 * Unknown fields are kept and unread, `anthropic_version` and beta fields among them.
 * @throws Failure `invalid_json` with line and column, `duplicate_key`, `nesting_too_deep`, or
 * `invalid_request` with `param`.
 */
export function parseMessagesRequest(bytes: Uint8Array, options: MessagesRequestOptions = {}): ModelRequest {
  const read = readBody(bytes)
  const { body } = read
  requireShape(body, 'model', STRING)
  requirePresence(body, 'messages')
  requireShape(body, 'messages', ARRAY)
  if (options.needsMaxTokens ?? true) requirePresence(body, 'max_tokens')
  requireShape(body, 'max_tokens', INTEGER)
  if (Number(body.max_tokens) < 0) throw negative()
  allowShape(body, 'stream', BOOLEAN)
  allowShape(body, 'metadata', OBJECT)
  return modelRequest('messages', read, true)
}

function negative(): Failure {
  return new Failure('invalid_request', "Invalid value for 'max_tokens': it must be 0 or more.", {
    param: 'max_tokens',
  })
}
