/** Reads a request to OpenAI's Responses API at the door: what routing and metering need is checked. */
import {
  ARRAY,
  allowShape,
  BOOLEAN,
  INTEGER,
  OBJECT,
  readBody,
  requireShape,
  STRING,
  STRING_OR_ARRAY,
} from '../body-shape.ts'
import { type ModelRequest, modelRequest } from '../model-request.ts'

/**
 * Unknown fields are kept and unread. `input` may be absent: a prompt template or a conversation brings its own.
 * @throws Failure `invalid_json` with line and column, `duplicate_key`, `nesting_too_deep`, or
 * `invalid_request` with `param`.
 */
export function parseResponsesRequest(bytes: Uint8Array): ModelRequest {
  const read = readBody(bytes)
  const { body } = read
  requireShape(body, 'model', STRING)
  requireShape(body, 'input', STRING_OR_ARRAY)
  for (const name of ['stream', 'store', 'background']) allowShape(body, name, BOOLEAN)
  for (const name of ['previous_response_id', 'user']) allowShape(body, name, STRING)
  allowShape(body, 'tools', ARRAY)
  allowShape(body, 'metadata', OBJECT)
  allowShape(body, 'stream_options', OBJECT)
  allowShape(body, 'max_output_tokens', INTEGER)
  // The event that ends the stream carries it, asked or not.
  return modelRequest('responses', read, true)
}
