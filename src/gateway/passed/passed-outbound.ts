/** What is particular to a request that is passed through: its method and path, its body, and how often it may be sent. */
import { splice } from '../../openai/body-splice.ts'
import { concatenate } from '../../openai/concatenate.ts'
import { type EditedBody, editBody } from '../../openai/edit-body.ts'
import type { CallerRequest, PassedRequest } from '../../openai/passed-request.ts'
import type { PassedEndpoint } from '../../openai/passed-table.ts'
import type { HeaderList } from '../../providers/transport.ts'
import type { Target } from '../outbound.ts'

/** Whose path names a model, which may be known by another name there. */
const NAMED_BY_MODEL: Readonly<Partial<Record<PassedEndpoint, (model: string) => string>>> = {
  'models/{id}': (model) => `models/${encodeURIComponent(model)}`,
  custom: (model) => `custom/${encodeURIComponent(model)}`,
}

type NamedTarget = Pick<Target, 'model' | 'nestedNames'>

/** Below the base path, with the caller's own query. */
export function passedPath(
  { passed }: PassedRequest,
  { provider, model }: Pick<Target, 'provider' | 'model'>,
) {
  const asked = NAMED_BY_MODEL[passed.endpoint]?.(model) ?? passed.path
  // What is stored belongs to no deployment, even where its body names a model.
  const path = provider.path(asked, passed.stored ? '' : model)
  const query = [passed.query, provider.query].filter((text) => text !== '').join('&')
  return query === '' ? path : `${path}?${query}`
}

/** The caller's bytes, but for the names of models and trimtab's own labels. */
export function passedBody(request: PassedRequest, { model, nestedNames }: NamedTarget): EditedBody {
  if (nestedNames !== undefined) return renamedWithin(request, nestedNames)
  const isNamed =
    request.formModel !== undefined || (request.members.has('model') && request.endpoint !== 'custom')
  const renamed = isNamed && request.model !== model && model !== ''
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

/** Names of models deeper than at the top, as the provider knows them. */
function renamedWithin({ bytes, nested }: PassedRequest, names: ReadonlyMap<string, string>): EditedBody {
  const changed = nested.filter(({ model }) => (names.get(model) ?? model) !== model)
  if (changed.length === 0) return { bytes, notes: [] }
  const splices = changed.map(({ model, start, end }) => ({
    start,
    end,
    text: JSON.stringify(names.get(model)),
  }))
  return { bytes: splice(bytes, splices), notes: ['model'] }
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
