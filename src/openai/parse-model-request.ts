/** Reads a request body at the door: what routing and metering need is checked, everything else is kept as it came. */
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
  wantsStreamUsage,
} from './body-shape.ts'
import { type ModelEndpoint, type ModelRequest, modelRequest } from './model-request.ts'
import { parseCompletionsRequest } from './parse-completions-request.ts'
import { parseResponsesRequest } from './responses/parse-responses-request.ts'

/**
 * Unknown fields are kept and unread.
 * @throws Failure `invalid_json` with line and column, `duplicate_key`, `nesting_too_deep`, or
 * `invalid_request` with `param`.
 */
export function parseModelRequest(
  endpoint: Exclude<ModelEndpoint, 'messages'>,
  bytes: Uint8Array,
): ModelRequest {
  if (endpoint === 'responses') return parseResponsesRequest(bytes)
  if (endpoint === 'completions') return parseCompletionsRequest(bytes)
  const read = readBody(bytes)
  const { body } = read
  requireShape(body, 'model', STRING)
  allowShape(body, 'stream', BOOLEAN)
  allowShape(body, 'user', STRING)
  allowShape(body, 'metadata', OBJECT)
  allowShape(body, 'max_tokens', INTEGER)
  allowShape(body, 'max_completion_tokens', INTEGER)
  requirePresence(body, endpoint === 'embeddings' ? 'input' : 'messages')
  if (endpoint === 'chat/completions') requireShape(body, 'messages', ARRAY)
  return modelRequest(endpoint, read, wantsStreamUsage(body))
}
