/** Which requests may be answered by meaning: those that ask one plain question whose answer fits anybody who asks it, any day. */
import { isObject } from '../../openai/is-object.ts'
import type { ModelRequest } from '../../openai/model-request.ts'
import { requestMedia } from '../../openai/request-media.ts'
import { isAnswerStored } from '../../openai/stored-answer.ts'
import { type TextReason, whyNotText } from './eligible-text.ts'
import { type LastUserText, lastUserText } from './last-user-text.ts'

type EligibilityReason =
  | TextReason
  | 'endpoint'
  | 'tools'
  | 'media'
  | 'structured-output'
  | 'several-answers'
  | 'seed'
  | 'logprobs'
  | 'temperature'
  | 'stored'
  | 'continued'
  | 'no-user-text'

export type Eligibility =
  | { kind: 'yes'; last: LastUserText; text: string }
  | { kind: 'no'; reason: EligibilityReason }

export interface EligibilityOptions {
  /** A request that asks for more is not eligible; one that names none has its provider's default, and is. */
  mostTemperature?: number
  /** Lets questions through that speak of the caller ("I lost my card"): for workflows whose answers are the same for all. */
  mayBePersonal?: boolean
}

type Body = ModelRequest['body']

/** What providers take where none is named. */
const DEFAULT_TEMPERATURE = 1

/** Cheap reasons first: members of the body, then turns, then the text itself. */
export function eligibility(
  request: Pick<ModelRequest, 'endpoint' | 'body'>,
  { mostTemperature = DEFAULT_TEMPERATURE, mayBePersonal = false }: EligibilityOptions = {},
): Eligibility {
  const { endpoint, body } = request
  if (endpoint !== 'chat/completions' && endpoint !== 'responses' && endpoint !== 'messages')
    return no('endpoint')
  const reason = whyNotParameters(body, mostTemperature) ?? whyNotKept(request) ?? whyNotTurns(body)
  if (reason !== undefined) return no(reason)
  const last = lastUserText(request)
  if (last === undefined) return no('no-user-text')
  const textReason = whyNotText(last.text, mayBePersonal)
  return textReason === undefined ? { kind: 'yes', last, text: last.text } : no(textReason)
}

/** Why a request asks for more than a text, or goes on with something; undefined where it does not. */
export function whyNotPlain({ body }: Pick<ModelRequest, 'body'>): EligibilityReason | undefined {
  if (body.background === true) return 'stored'
  return whyNotShape(body) ?? whyNotContinued(body) ?? whyNotTurns(body)
}

function no(reason: EligibilityReason): Eligibility {
  return { kind: 'no', reason }
}

function whyNotParameters(body: Body, mostTemperature: number): EligibilityReason | undefined {
  const reason = whyNotShape(body)
  if (reason !== undefined) return reason
  if (isPresent(body.seed)) return 'seed'
  return isAbove(body.temperature, mostTemperature) ? 'temperature' : undefined
}

function whyNotShape(body: Body): EligibilityReason | undefined {
  if (isFilled(body.tools) || isFilled(body.functions) || isFilled(body.mcp_servers)) return 'tools'
  if (isPresent(body.web_search_options) || isPresent(body.container)) return 'tools'
  if (isStructured(body)) return 'structured-output'
  if (isAbove(body.n, 1) || isAbove(body.best_of, 1)) return 'several-answers'
  if (body.logprobs === true || isAbove(body.top_logprobs, 0) || isFilled(body.include)) return 'logprobs'
  if (Array.isArray(body.modalities) && body.modalities.some((one) => one !== 'text')) return 'media'
  return isPresent(body.audio) ? 'media' : undefined
}

function isStructured({
  response_format: format,
  text,
  output_format: outputFormat,
  output_config: config,
}: Body): boolean {
  const inText = isObject(text) ? text.format : undefined
  const inConfig = isObject(config) ? config.format : undefined
  return [format, inText, outputFormat, inConfig].some(
    (one) => isPresent(one) && !(isObject(one) && one.type === 'text'),
  )
}

/** The provider keeps these, or goes on with them: a repeat is more than its answer. */
function whyNotKept(request: Pick<ModelRequest, 'endpoint' | 'body'>): EligibilityReason | undefined {
  const { body } = request
  return body.background === true || isAnswerStored(request) ? 'stored' : whyNotContinued(body)
}

function whyNotContinued(body: Body): EligibilityReason | undefined {
  return isPresent(body.previous_response_id) || isPresent(body.conversation) || isPresent(body.prompt)
    ? 'continued'
    : undefined
}

function whyNotTurns(body: Body): EligibilityReason | undefined {
  const turns = body.messages ?? body.input
  if (!Array.isArray(turns)) return undefined
  for (const turn of turns) if (isToolTurn(turn)) return 'tools'
  return requestMedia(body).kinds.length > 0 ? 'media' : undefined
}

function isToolTurn(turn: unknown): boolean {
  if (!isObject(turn)) return false
  if (turn.role === 'tool' || turn.role === 'function') return true
  if (isFilled(turn.tool_calls) || isPresent(turn.function_call)) return true
  // Items of responses: calls, their results, reasoning, references.
  if (typeof turn.type === 'string' && turn.type !== 'message') return true
  return Array.isArray(turn.content) && turn.content.some(isToolPart)
}

function isToolPart(part: unknown): boolean {
  return isObject(part) && typeof part.type === 'string' && /tool_|search_result|thinking/.test(part.type)
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isPresent(value)
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

function isAbove(value: unknown, most: number): boolean {
  return typeof value === 'number' && value > most
}
