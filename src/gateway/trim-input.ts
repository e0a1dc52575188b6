/** Leaves out of a request what its policy says need not be sent, before anything else is decided about it. */
import { tokensOfText } from '../metering/input-estimate.ts'
import { readBody } from '../openai/body-shape.ts'
import { splice } from '../openai/body-splice.ts'
import { dropOldest } from '../openai/drop-oldest.ts'
import { minifyTurns } from '../openai/minify-json.ts'
import { type ModelRequest, modelRequest } from '../openai/model-request.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { requestMedia } from '../openai/request-media.ts'
import type { PlacedMessage } from '../openai/turns-of.ts'
import type { Policy } from '../policy/policy.ts'
import type { Journey, Passing } from './journey.ts'

type Trimming = Pick<Journey, 'trimmedTokens' | 'trims'> & { request: CallerRequest }

const NOTHING = { trimmedTokens: 0, trims: [] }

/** As `trimmedRequest`, for a request on its way. */
export function trimInput({
  incoming,
  policy,
  gateway,
  entry,
}: Passing): Partial<Pick<Journey, 'incoming'>> & Pick<Journey, 'trimmedTokens' | 'trims'> {
  if (policy.input === undefined) return NOTHING
  const bytesPerToken = gateway.tokenRatios.bytesPerToken(entry.opened.workflow)
  const { request, ...trimming } = trimmedRequest(incoming.request, policy.input, bytesPerToken)
  return request === incoming.request ? trimming : { ...trimming, incoming: { ...incoming, request } }
}

/** The same request comes back where nothing is left out. */
export function trimmedRequest(
  request: CallerRequest,
  input: NonNullable<Policy['input']>,
  bytesPerToken: number,
): Trimming {
  if (request.passed !== undefined || !hasTurns(request)) return { request, ...NOTHING }
  const shorter =
    input.dropAboveTokens === undefined
      ? { request, ...NOTHING }
      : withoutOldest(request, input.dropAboveTokens, bytesPerToken)
  if (!input.minifiesNewestTurn) return shorter
  const { splices, lines } = minifyTurns(shorter.request)
  if (splices.length === 0) return shorter
  const { endpoint } = request
  return {
    request: edited(shorter.request, splices),
    trimmedTokens: shorter.trimmedTokens + lines,
    trims: [
      ...shorter.trims,
      `${endpoint === 'responses' ? 'input' : 'messages'}: JSON of its turns minified`,
    ],
  }
}

function hasTurns({ endpoint }: ModelRequest): boolean {
  return endpoint === 'chat/completions' || endpoint === 'messages' || endpoint === 'responses'
}

function withoutOldest(
  request: ModelRequest,
  mostTokens: number,
  bytesPerToken: number,
): Trimming & { request: ModelRequest } {
  const textBytes = request.bytes.length - requestMedia(request.body).bytes
  const mostBytes = mostTokens * bytesPerToken
  if (textBytes <= mostBytes) return { request, ...NOTHING }
  const { splices, messages, bytes } = dropOldest(request, textBytes, mostBytes, textOf)
  if (splices.length === 0) return { request, ...NOTHING }
  const name = request.endpoint === 'responses' ? 'input' : 'messages'
  return {
    request: edited(request, splices),
    trimmedTokens: tokensOfText(bytes, bytesPerToken),
    trims: [`${name}: the oldest ${messages} left out`],
  }
}

function textOf({ start, end, message }: PlacedMessage): number {
  return end - start - requestMedia({ messages: [message] }).bytes
}

function edited(request: ModelRequest, splices: Parameters<typeof splice>[1]): ModelRequest {
  return modelRequest(request.endpoint, readBody(splice(request.bytes, splices)), request.wantsUsage)
}
