/** A request that is passed through as it is, with what routing and metering need read out of it. */

import { readBody, requireShape, STRING } from './body-shape.ts'
import type { ModelRequest, RequestBody } from './model-request.ts'
import { multipartFields } from './multipart-fields.ts'
import type { PassedEndpoint, PassedRoute } from './passed-route.ts'

export interface PassedRequest extends RequestBody {
  endpoint: PassedEndpoint
  passed: PassedRoute
  /** Where the model's name lies in a form; undefined where the body is no form, or names none. */
  formModel: { start: number; end: number } | undefined
}

export type CallerRequest = ModelRequest | PassedRequest

const NO_MEMBERS: RequestBody['members'] = new Map()

/**
 * JSON is parsed, and of a form its short fields; any other body stays unread.
 * @throws Failure `invalid_json`, `duplicate_key`, `nesting_too_deep`, `invalid_request`
 */
export function parsePassedRequest(
  route: PassedRoute,
  bytes: Uint8Array,
  contentType: string | undefined,
): PassedRequest {
  const type = contentType?.toLowerCase() ?? ''
  const kept = { endpoint: route.endpoint, passed: route, bytes, wantsUsage: false }
  if (type.startsWith('multipart/form-data')) return { ...kept, ...readForm(route, bytes, contentType ?? '') }
  if (bytes.length === 0 || (type !== '' && !type.includes('json'))) return { ...kept, ...UNREAD }
  const { members, body } = readBody(bytes)
  requireShape(body, 'model', STRING)
  const model = typeof body.model === 'string' ? body.model : undefined
  return { ...kept, members, body, model, stream: body.stream === true, formModel: undefined }
}

const UNREAD = { members: NO_MEMBERS, body: {}, model: undefined, stream: false, formModel: undefined }

/** Files to be stored name no model: they are not looked through. */
function readForm({ endpoint }: PassedRoute, bytes: Uint8Array, contentType: string) {
  if (endpoint === 'files' || endpoint === 'uploads' || endpoint === 'containers') return UNREAD
  const fields = multipartFields(bytes, contentType)
  const body = Object.fromEntries([...fields].map(([name, { value }]) => [name, value]))
  const model = fields.get('model')
  return { members: NO_MEMBERS, body, model: model?.value, stream: body.stream === 'true', formModel: model }
}
