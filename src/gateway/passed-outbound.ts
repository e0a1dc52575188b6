/** What is particular to a request that is passed through: its method and path, its body, and how often it may be sent. */
import { concatenate } from '../openai/concatenate.ts'
import { type EditedBody, editBody } from '../openai/edit-body.ts'
import type { CallerRequest, PassedRequest } from '../openai/passed-request.ts'
import type { HeaderList } from '../providers/transport.ts'
import type { Target } from './outbound.ts'

/** Below the base path, with the caller's own query. */
export function passedPath(
  { passed }: PassedRequest,
  { provider, model }: Pick<Target, 'provider' | 'model'>,
) {
  // What is stored belongs to no deployment, even where its body names a model.
  const path = provider.path(passed.path, passed.stored ? '' : model)
  const query = [passed.query, provider.query].filter((text) => text !== '').join('&')
  return query === '' ? path : `${path}?${query}`
}

/** The caller's bytes, but for the value of `model` and trimtab's own labels. */
export function passedBody(request: PassedRequest, model: string): EditedBody {
  const renamed = request.model !== undefined && request.model !== model && model !== ''
  if (request.formModel !== undefined) {
    if (!renamed) return { bytes: request.bytes, notes: [] }
    const { start, end } = request.formModel
    const before = request.bytes.subarray(0, start)
    const name = new TextEncoder().encode(model)
    return { bytes: concatenate([before, name, request.bytes.subarray(end)]), notes: ['model'] }
  }
  if (request.members.size === 0) return { bytes: request.bytes, notes: [] }
  return editBody(request, { dropMetadataPrefix: 'trimtab_', model: renamed ? model : undefined })
}

/** A server may answer with all of it, whatever part was asked for (RFC 9110, section 14.2). */
export function withoutRange(headers: HeaderList): HeaderList {
  const kept: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    if (!/^(?:if-)?range$/i.test(name)) kept.push(name, headers[index + 1] as string)
  }
  return kept
}

/**
 * Whether asking again cannot do anything twice. What only answers may be asked again, as models are; what makes,
 * changes or deletes something may not, once a provider may have seen it.
 */
export function isRepeatable({ passed }: CallerRequest): boolean {
  return passed === undefined || passed.method === 'GET' || !passed.stored
}
