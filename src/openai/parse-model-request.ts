/** Reads a request body at the door: what routing and metering need is checked, everything else is kept as it came. */
import {
  ARRAY,
  allowShape,
  BOOLEAN,
  INTEGER,
  OBJECT,
  parseBody,
  requirePresence,
  requireShape,
  STRING,
} from './body-shape.ts'
import { isObject } from './is-object.ts'
import type { ModelRequest } from './model-request.ts'
import { scanMembers } from './scan-members.ts'

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
  // The scan comes first: it bounds the nesting that the parser meets.
  const members = scanMembers(bytes)
  const body = parseBody(bytes)
  requireShape(body, 'model', STRING)
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
