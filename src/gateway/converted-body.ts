/** The body for a target that is asked in another API's words than the caller's: written anew. */
import type { Conversion } from '../conversion/conversion.ts'
import type { Translation } from '../conversion/translate-parameters.ts'
import { BOUND_MEMBERS, type BoundMember, type EditedBody, editBody } from '../openai/edit-body.ts'
import { isObject } from '../openai/is-object.ts'
import type { MemberEdit } from '../openai/member-edit.ts'
import { type ModelEndpoint, type ModelRequest, modelRequest } from '../openai/model-request.ts'
import { scanMembers } from '../openai/scan-members.ts'
import type { Provider } from '../providers/provider.ts'
import type { OutboundMedia } from './media/outbound-media.ts'
import type { MarkPrefix } from './prefix/mark-prefix.ts'
import { stopEdit } from './stop-sequences.ts'

const encoder = new TextEncoder()

export function convertedBody(
  request: ModelRequest,
  { endpoint, body, notes }: Conversion,
  target: {
    provider: Provider
    model: string
    translation: Translation | undefined
    maxTokens: number | undefined
    stopSequences: readonly string[] | undefined
    asksLogprobs: boolean
    markPrefix: MarkPrefix | undefined
    media: OutboundMedia | undefined
  },
): EditedBody {
  const { provider, model, translation, maxTokens, stopSequences, asksLogprobs, markPrefix, media } = target
  const written: Record<string, unknown> = { ...body, model }
  for (const edit of translation?.edits ?? []) editMember(written, edit)
  if (request.stream && endpoint === 'chat/completions' && provider.supportsStreamOptions)
    written.stream_options = { include_usage: true }
  if (maxTokens !== undefined) boundAnswer(written, maxTokens, boundMember(endpoint, provider))
  const stop = stopSequences && stopEdit(written, endpoint, stopSequences, target)
  if (stop !== undefined) written[stop.member] = stop.sequences
  if (asksLogprobs) Object.assign(written, { logprobs: true, top_logprobs: 2 })
  dropOwnMetadata(written)
  const bytes = encoder.encode(JSON.stringify(written))
  const hasMore = markPrefix !== undefined || media !== undefined
  const marked = hasMore ? markedBody(endpoint, bytes, written, { markPrefix, media }) : undefined
  return {
    bytes: marked?.bytes ?? bytes,
    notes: [
      `asked as ${endpoint}`,
      ...notes,
      ...(translation?.notes ?? []),
      ...(stop ? [stop.member] : []),
      ...(asksLogprobs ? ['logprobs'] : []),
      ...(marked?.notes ?? []),
    ],
  }
}

/** Undefined where there is nothing to mark, and no medium to be sent otherwise. */
function markedBody(
  endpoint: ModelEndpoint,
  bytes: Uint8Array,
  body: Record<string, unknown>,
  { markPrefix, media }: { markPrefix: MarkPrefix | undefined; media: OutboundMedia | undefined },
): EditedBody | undefined {
  const sent = modelRequest(endpoint, { bytes, members: scanMembers(bytes), body }, false)
  const marks = markPrefix?.(sent)
  const fitted = media?.edits(sent)
  if (marks === undefined && fitted === undefined) return undefined
  const splices = [...(marks?.splices ?? []), ...(fitted?.splices ?? [])]
  return {
    bytes: editBody(sent, { members: marks?.members, splices }).bytes,
    notes: [...(marks?.notes ?? []), ...(fitted?.notes ?? [])],
  }
}

function editMember(body: Record<string, unknown>, edit: MemberEdit): void {
  const value = body[edit.name]
  if (edit.kind === 'set') body[edit.name] = edit.value
  else delete body[edit.name]
  if (edit.kind === 'rename') body[edit.to] = value
}

/** Where an endpoint takes a bound of the answer's length that the caller did not state. */
export function boundMember(endpoint: ModelEndpoint, provider: Provider): BoundMember {
  if (endpoint === 'responses') return 'max_output_tokens'
  return endpoint === 'chat/completions' ? provider.chatBoundMember : 'max_tokens'
}

function boundAnswer(body: Record<string, unknown>, most: number, nameToAdd: BoundMember): void {
  const stated = BOUND_MEMBERS.filter((name) => typeof body[name] === 'number')
  for (const name of stated) body[name] = Math.min(body[name] as number, most)
  if (stated.length === 0) body[nameToAdd] = most
}

function dropOwnMetadata(body: Record<string, unknown>): void {
  if (!isObject(body.metadata)) return
  const kept = Object.entries(body.metadata).filter(([name]) => !name.startsWith('trimtab_'))
  body.metadata = Object.fromEntries(kept)
}
