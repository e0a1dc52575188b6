/** Models that a request names deeper than at its top, and where their names lie: of a realtime or an agent's session, of a batch of messages. */
import { isObject } from './is-object.ts'
import type { RequestBody } from './model-request.ts'
import type { PassedEndpoint } from './passed-table.ts'
import { scanArrayAt, scanObjectAt } from './scan-members.ts'

export interface NestedModel {
  model: string
  /** First byte of its JSON string, and one past its last. */
  start: number
  end: number
}

type Read = Pick<RequestBody, 'bytes' | 'members' | 'body'>

/** In their order; empty where the endpoint has none. */
export function nestedModels(
  endpoint: PassedEndpoint,
  { bytes, members, body }: Read,
): readonly NestedModel[] {
  const holder = holderOf(endpoint)
  if (holder !== undefined) {
    const member = members.get(holder)
    return member !== undefined && isObject(body[holder]) ? modelAt(bytes, member.valueStart) : []
  }
  const requests = members.get('requests')
  if (endpoint !== 'messages/batches' || requests === undefined || !Array.isArray(body.requests)) return []
  const items: readonly unknown[] = body.requests
  return scanArrayAt(bytes, requests.valueStart).flatMap(({ start }, index) => {
    const item = items[index]
    if (!isObject(item) || !isObject(item.params)) return []
    const params = scanObjectAt(bytes, start).findLast(({ name }) => name === 'params')
    return params === undefined ? [] : modelAt(bytes, params.valueStart)
  })
}

/** The member whose object names the model. */
function holderOf(endpoint: PassedEndpoint): string | undefined {
  if (endpoint.startsWith('realtime/') || endpoint === 'live/sessions') return 'session'
  return endpoint === 'agents/sessions' ? 'agent' : undefined
}

/** Of an object at `start`; of a name that stands twice the last counts, as parsers have it. */
function modelAt(bytes: Uint8Array, start: number): NestedModel[] {
  const member = scanObjectAt(bytes, start).findLast(({ name }) => name === 'model')
  if (member === undefined) return []
  const { valueStart, valueEnd } = member
  const model: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(valueStart, valueEnd)))
  return typeof model === 'string' ? [{ model, start: valueStart, end: valueEnd }] : []
}
