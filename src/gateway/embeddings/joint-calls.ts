/**
 * Embeddings that are asked for within two milliseconds of each other, by one tenant and of one model, go to the provider as
 * one call: it takes hardly longer for many inputs than for one. Every caller keeps a row, a deadline and a bill of its own.
 */
import { type EmbeddingInput, inputsOf } from '../../cache/embedding-rows.ts'
import { Lately } from '../../cache/semantic/lately.ts'
import { scanMembers } from '../../openai/scan-members.ts'
import { sendsCallersKey } from '../../providers/provider.ts'
import type { AnswerReceiver, Call, OutboundRequest } from '../../providers/transport.ts'
import type { Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import { type JoinedAsk, JoinedCaller } from './joined-caller.ts'
import { JointCall } from './joint-call.ts'

const WINDOW_MS = 2
/** A larger one is a batch already. */
const MOST_OF_ONE = { inputs: 64, bytes: 64 * 1024 }
/** OpenAI takes 300,000 tokens of all inputs together, and none is shorter than a byte. */
const MOST_BYTES = 256 * 1024
/** After so many windows in which nobody joined, calls that are alone are not held up. */
const LONELY_WINDOWS = 8
/** What was refused together is asked for apart so long. */
const APART_MS = 60_000
const MOST_KINDS = 1000
const OPEN_BRACKET = 0x5b

/** Of calls that differ in their inputs alone. */
interface Kind {
  gathering: JointCall | undefined
  underWay: number
  lonelyWindows: number
  /** On the clock that never jumps. */
  apartUntilMs: number
}

export class JointCalls {
  readonly #kinds = new Lately<Kind>(MOST_KINDS)

  /** Undefined where the call is to be sent as every other. */
  send(
    journey: Journey,
    destination: Destination,
    request: OutboundRequest,
    receiver: AnswerReceiver,
  ): Call | undefined {
    const { provider, conversion } = destination
    const isWanted = journey.policy.limits.joinsEmbeddings && provider.embeddingInputs > 1
    if (!isWanted || sendsCallersKey(provider) || conversion !== undefined) return undefined
    const asked = askedOf(journey, request)
    if (asked === undefined) return undefined
    const { tenant } = journey.incoming.principal
    const kind = this.#kinds.get(nameOf(tenant, destination, asked), newKind)
    if (kind.apartUntilMs > journey.gateway.elapsedMs()) return undefined
    const caller = new JoinedCaller(asked, receiver)
    this.#callFor(kind, caller, journey, destination).add(caller)
    if (kind.gathering !== undefined && !isOften(kind)) kind.gathering.send()
    return caller
  }

  #callFor(
    kind: Kind,
    { asked }: JoinedCaller,
    { gateway }: Journey,
    { provider: { transport, embeddingInputs } }: Destination,
  ): JointCall {
    const { gathering } = kind
    const inputs = asked.inputs.length
    const bytes = asked.request.body?.byteLength ?? 0
    if (gathering !== undefined) {
      if (gathering.inputs + inputs <= embeddingInputs && gathering.bytes + bytes <= MOST_BYTES)
        return gathering
      gathering.send()
    }
    const call = new JointCall(
      {
        transport,
        left: (it) => {
          if (kind.gathering === it) kind.gathering = undefined
          kind.underWay++
          kind.lonelyWindows = it.callers.length > 1 ? 0 : kind.lonelyWindows + 1
        },
        ended: (_, refused) => {
          kind.underWay--
          if (refused) kind.apartUntilMs = gateway.elapsedMs() + APART_MS
        },
      },
      WINDOW_MS,
    )
    kind.gathering = call
    return call
  }
}

/** Whether it is worth waiting for others. */
function isOften({ lonelyWindows, underWay }: Kind): boolean {
  return lonelyWindows < LONELY_WINDOWS || underWay > 0
}

function newKind(): Kind {
  return { gathering: undefined, underWay: 0, lonelyWindows: 0, apartUntilMs: 0 }
}

/** Undefined where it is none that others may join. */
function askedOf({ incoming, entry }: Journey, request: OutboundRequest): JoinedAsk | undefined {
  const { body } = request
  if (body === null || body.byteLength > MOST_OF_ONE.bytes) return undefined
  const inputs = inputsOf(incoming.request.body)
  if (inputs === undefined || inputs.length > MOST_OF_ONE.inputs) return undefined
  const members = body === incoming.request.bytes ? incoming.request.members : scanMembers(body)
  const input = members.get('input')
  if (input === undefined) return undefined
  const decoder = new TextDecoder()
  const { valueStart, valueEnd } = input
  const isList = body[valueStart] === OPEN_BRACKET && !isOneOfTokens(incoming.request.body.input)
  return {
    request,
    inputs,
    items: isList ? body.subarray(valueStart + 1, valueEnd - 1) : body.subarray(valueStart, valueEnd),
    around: [decoder.decode(body.subarray(0, valueStart)), decoder.decode(body.subarray(valueEnd))],
    joined: (others) => {
      const with_ = others === 1 ? 'one other' : `${others} others`
      entry.decision.reasons = [...entry.decision.reasons, `embeddings: asked for in one call with ${with_}`]
    },
  }
}

function isOneOfTokens(input: unknown): boolean {
  return Array.isArray(input) && typeof input[0] === 'number'
}

/** Everything that has to be equal: whose, where to, and all but the inputs. Texts and tokens are weighed differently. */
function nameOf(
  tenant: string,
  { provider, replica }: Destination,
  { request, inputs, around }: JoinedAsk,
): string {
  const { path, headers, connectTimeoutMs, freshConnection } = request
  const form = kindOf(inputs)
  return JSON.stringify([
    tenant,
    provider.name,
    replica.id,
    path,
    withoutTrace(headers),
    connectTimeoutMs,
    freshConnection,
    form,
    around,
  ])
}

function kindOf(inputs: readonly EmbeddingInput[]): string {
  const texts = inputs.filter((input) => typeof input === 'string').length
  return texts === 0 ? 'tokens' : texts === inputs.length ? 'texts' : 'both'
}

/** A joint call is a span of its first caller's trace. */
function withoutTrace(headers: OutboundRequest['headers']): readonly string[] {
  return headers.filter((_, index) => {
    const name = headers[index - (index % 2)]?.toLowerCase()
    return name !== 'traceparent' && name !== 'tracestate'
  })
}
