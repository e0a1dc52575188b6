/** Makes the provider's request out of the caller's: the same bytes, but for edits that someone asked for. */
import type { Conversion } from '../conversion/conversion.ts'
import type { Translation } from '../conversion/translate-parameters.ts'
import { type BodyEdits, type EditedBody, editBody } from '../openai/edit-body.ts'
import type { MemberEdit } from '../openai/member-edit.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import type { OutboundRequest } from '../providers/transport.ts'
import type { Sending } from '../routing/balance/sending.ts'
import { boundMember, convertedBody } from './converted-body.ts'
import { outboundHeaders } from './headers.ts'
import type { Journey } from './journey.ts'
import type { Race } from './load/race.ts'
import type { TakenSlot } from './load/slot.ts'
import type { NamedMedia, OutboundMedia } from './media/outbound-media.ts'
import { passedBody, passedPath, withoutRange } from './passed/passed-outbound.ts'
import { type MarkPrefix, markPrefixOf } from './prefix/mark-prefix.ts'
import { stopEdit } from './stop-sequences.ts'
import type { SpanIds } from './trace-context.ts'

/** The likeliest token and the next: how far apart they are tells how sure a model was. */
const ASKED_LOGPROBS: readonly MemberEdit[] = [
  { kind: 'set', name: 'logprobs', value: true },
  { kind: 'set', name: 'top_logprobs', value: 2 },
]

export interface Target {
  provider: Provider
  model: string
  tier: string | undefined
  /** Whether the caller asked for this provider's model; a tier may lead to another. */
  named: boolean
  /** Where the provider does not know the caller's endpoint. */
  conversion: Conversion | undefined
  /** Of parameters that the target refuses; never of a request that the caller wrote for it. */
  translation: Translation | undefined
  /** How the provider knows the models that a request names deeper than at its top; undefined where it names none. */
  nestedNames?: ReadonlyMap<string, string> | undefined
}

/** Where exactly one attempt goes. */
export interface Destination extends Target {
  replica: Replica
  /** On a connection of its own: a kept one was dead. */
  freshConnection: boolean
  /** Milliseconds in our own queue, for a slot. */
  waitedMs?: number | undefined
  /** Told of its first content. */
  slot?: TakenSlot | undefined
  /** Where another one is asked besides. */
  race?: Race | undefined
  /** Undefined where the provider has one replica, of which nothing is learned. */
  sending?: Sending | undefined
  /** Of an attempt that is under way, where its server keeps media by their names. */
  media?: NamedMedia | undefined
  /** None goes by its name alone. */
  mediaGoWhole?: boolean | undefined
}

/** What the plan says of the answer. */
export type OutputBounds = Pick<Journey, 'maxTokens' | 'stopSequences'>

export const UNBOUNDED: OutputBounds = { maxTokens: undefined, stopSequences: undefined }

export function outboundRequest(
  journey: Journey,
  destination: Destination,
  span: SpanIds | undefined,
  asksLogprobs = false,
  media?: OutboundMedia,
): { request: OutboundRequest; edits: readonly string[] } {
  const { incoming, policy, pin } = journey
  const { request, principal } = incoming
  const { provider, model, replica, freshConnection, conversion } = destination
  const body = outboundBody(
    request,
    destination,
    journey,
    asksLogprobs,
    markPrefixOf(journey, destination),
    media,
  )
  const path =
    request.passed === undefined
      ? modelPath(conversion?.endpoint ?? request.endpoint, provider, model)
      : passedPath(request, destination)
  // A batch is billed by its answers read whole: in parts, they would be read without a bill.
  const headers = pin?.batch === undefined ? incoming.headers : withoutRange(incoming.headers)
  return {
    request: {
      method: request.passed?.method ?? 'POST',
      origin: replica.origin,
      path: `${replica.basePath}${path}`,
      headers: outboundHeaders(headers, provider, replica, principal, span),
      body: body.bytes.byteLength === 0 ? null : body.bytes,
      connectTimeoutMs: policy.limits.connectMs,
      freshConnection,
    },
    edits: body.notes,
  }
}

function modelPath(endpoint: string, provider: Provider, model: string): string {
  const path = provider.path(endpoint, model)
  return provider.query === '' ? path : `${path}?${provider.query}`
}

/** Whether the caller's temperature did not reach the target, or not as it was. */
export function losesTemperature({
  conversion,
  translation,
}: Pick<Target, 'conversion' | 'translation'>): boolean {
  if (conversion !== undefined && conversion.body.temperature === undefined) return true
  return translation?.edits.some(({ name }) => name === 'temperature') ?? false
}

/**
 * The body as it is sent to a target, and what was edited. `asksLogprobs`: for whoever judges the answer, not for the caller;
 * `markPrefix`: for the provider's prompt cache; `media`: as the policy wants them.
 */
export function outboundBody(
  request: CallerRequest,
  target: Pick<Target, 'provider' | 'model' | 'conversion' | 'translation' | 'nestedNames'>,
  { maxTokens, stopSequences }: OutputBounds,
  asksLogprobs = false,
  markPrefix?: MarkPrefix,
  media?: OutboundMedia,
): EditedBody {
  const { provider, model, conversion, translation } = target
  if (request.passed !== undefined) return passedBody(request, target)
  if (conversion !== undefined)
    return convertedBody(request, conversion, {
      provider,
      model,
      translation,
      maxTokens,
      stopSequences,
      asksLogprobs,
      markPrefix,
      media,
    })
  const { endpoint } = request
  const hasUsageOption = endpoint === 'chat/completions' || endpoint === 'completions'
  const edits: BodyEdits = { dropMetadataPrefix: 'trimtab_' }
  // A request without a model goes to a provider that needs none.
  if (request.model !== model && model !== '') edits.model = model
  if (hasUsageOption && request.stream && !request.wantsUsage && provider.supportsStreamOptions)
    edits.includeUsage = true
  if (maxTokens !== undefined && endpoint !== 'embeddings') {
    edits.maxTokens = maxTokens
    edits.boundMember = boundMember(endpoint, provider)
  }
  if (stopSequences !== undefined) edits.stop = stopEdit(request.body, endpoint, stopSequences, target)
  const marks = markPrefix?.(request)
  const fitted = media?.edits(request)
  if (translation === undefined && !asksLogprobs && marks === undefined && fitted === undefined)
    return editBody(request, edits)
  edits.splices = fitted === undefined ? marks?.splices : [...(marks?.splices ?? []), ...fitted.splices]
  edits.members = [
    ...(translation?.edits ?? []),
    ...(asksLogprobs ? ASKED_LOGPROBS : []),
    ...(marks?.members ?? []),
  ]
  const { bytes, notes } = editBody(request, edits)
  return {
    bytes,
    notes: [
      ...notes,
      ...(translation?.notes ?? []),
      ...(asksLogprobs ? ['logprobs'] : []),
      ...(marks?.notes ?? []),
      ...(fitted?.notes ?? []),
    ],
  }
}
