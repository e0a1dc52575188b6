/** A request that is passed through as it is, with what routing and metering need read out of it. */

import { readBody, requireShape, STRING } from './body-shape.ts'
import type { ModelRequest, RequestBody } from './model-request.ts'
import { multipartFields } from './multipart-fields.ts'
import { type NestedModel, nestedModels } from './nested-models.ts'
import type { PassedRoute } from './passed-route.ts'
import type { PassedEndpoint } from './passed-table.ts'

export interface PassedRequest extends RequestBody {
  endpoint: PassedEndpoint
  passed: PassedRoute
  /** Where the model's name lies in a form; undefined where the body is no form, or names none. */
  formModel: { start: number; end: number } | undefined
  /** Named deeper than at the top; `model` is the first of them then. */
  nested: readonly NestedModel[]
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
  // Its members are the model's own, whatever they are called.
  if (route.endpoint === 'custom')
    return { ...kept, members, body, model: route.id, stream: false, formModel: undefined, nested: [] }
  requireShape(body, 'model', STRING)
  const nested = nestedModels(route.endpoint, { bytes, members, body })
  const model = typeof body.model === 'string' ? body.model : nested[0]?.model
  return { ...kept, members, body, model, stream: body.stream === true, formModel: undefined, nested }
}

/** Whether the body may name a model that nobody here has read: it is none of JSON, nor a form with fields. */
export function hidesModel({ bytes, body, endpoint }: PassedRequest): boolean {
  return bytes.length > 0 && Object.keys(body).length === 0 && !UNREAD_FORMS.has(endpoint)
}

const UNREAD = {
  members: NO_MEMBERS,
  body: {},
  model: undefined,
  stream: false,
  formModel: undefined,
  nested: [],
}

/** Files to be stored name no model: they are not looked through. */
const UNREAD_FORMS: ReadonlySet<PassedEndpoint> = new Set([
  'files',
  'uploads',
  'containers',
  'skills',
  'audio/voice_consents',
  'content_provenance_checks',
  'anthropic/files',
  'anthropic/skills',
])

function readForm({ endpoint }: PassedRoute, bytes: Uint8Array, contentType: string) {
  if (UNREAD_FORMS.has(endpoint)) return UNREAD
  const fields = multipartFields(bytes, contentType)
  const body = Object.fromEntries([...fields].map(([name, { value }]) => [name, value]))
  const model = fields.get('model')
  const stream = body.stream === 'true'
  return { members: NO_MEMBERS, body, model: model?.value, stream, formModel: model, nested: [] }
}
