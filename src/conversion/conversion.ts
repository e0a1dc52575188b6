/** How a target is asked that does not know the caller's endpoint: in the words of one that it knows, and back. */
import type { ModelEndpoint, ModelRequest } from '../openai/model-request.ts'
import type { WireError } from '../openai/wire-error.ts'
import { type CallersPath, pathByChat, pathByMessages, pathByResponses } from './callers-path.ts'
import { chatAnswerAsMessages } from './chat-answer-as-messages.ts'
import { chatAnswerAsResponse } from './chat-answer-as-response.ts'
import { chatRequestAsMessages } from './chat-request-as-messages.ts'
import { ChatStreamAsMessages } from './chat-stream-as-messages.ts'
import { ChatStreamAsResponses } from './chat-stream-as-responses.ts'
import type { Converted, Fields } from './converted.ts'
import { type ConvertedError, errorAsChat } from './error-as-chat.ts'
import { errorAsMessages } from './error-as-messages.ts'
import type { StreamConversion } from './frame.ts'
import { freeformNames } from './freeform-tool.ts'
import { messagesAnswerAsChat } from './messages-answer-as-chat.ts'
import { messagesRequestAsChat } from './messages-request-as-chat.ts'
import { MessagesStreamAsChat } from './messages-stream-as-chat.ts'
import { plainChatRequest } from './plain-chat-request.ts'
import { responsesRequestAsChat } from './responses-request-as-chat.ts'
import { errorByCallersPath, tellingCallersPath } from './told-by-callers-path.ts'
import type { ToldItems } from './told-items.ts'

export interface Conversion extends Converted {
  /** What the provider is asked. */
  endpoint: ModelEndpoint
  /** Of a whole answer, parsed. */
  answer(answer: Fields): Fields
  /** Of one stream. */
  stream(): StreamConversion
  /** Where the caller wrote what stands in `body`. */
  pathOf: CallersPath
  /** Of a refusal with its HTTP status, in the caller's envelope. */
  refusal(error: WireError, status: number): ConvertedError
}

/** What of a provider decides how it is asked. */
export interface ConversionTarget {
  /** Which it answers itself. */
  endpoints: ReadonlySet<ModelEndpoint>
  /** In which chat takes a bound of the answer. */
  chatBoundMember: 'max_tokens' | 'max_completion_tokens'
  /** Refuses chat's members that it does not know. */
  isStrict: boolean
  /** As the provider knows it: what it takes decides how some things are said. */
  model: string
}

/** Anthropic's first models of the third generation give no more; later ones give at least twice that. */
const MOST_OF_CLAUDE_3 = 4096
const DEFAULT_MAX_TOKENS = 8192

/** What of a request's moment its conversion reads. */
export interface ConversionMoment {
  /** Unix milliseconds at which the request came: some APIs tell when an answer began, others don't. */
  at: number
  /** What the caller was told before. */
  told: ToldItems | undefined
}

/**
 * @returns undefined where no way leads from the request to any of the target's endpoints
 * @throws Failure `invalid_request` with `param` for what the other API cannot say
 */
export function convert(
  { endpoint, body, wantsUsage }: ModelRequest,
  target: ConversionTarget,
  { at, told }: ConversionMoment,
): Conversion | undefined {
  const { endpoints, model } = target
  const created = Math.floor(at / 1000)
  const asked = { ...body, model }
  if (endpoints.has('chat/completions')) {
    if (endpoint === 'messages') return messagesByChat(asked, target)
    if (endpoint === 'responses') return responsesByChat(asked, created, told)
  }
  if (endpoints.has('messages')) {
    if (endpoint === 'chat/completions') return chatByMessages(asked, { created, includeUsage: wantsUsage })
    if (endpoint === 'responses') {
      const chat = responsesByChat(asked, created, told)
      const options = { created, includeUsage: true }
      return chained(
        chat,
        tellingCallersPath(() => chatByMessages(chat.body, options), chat.pathOf),
      )
    }
  }
  return undefined
}

function messagesByChat(asked: Fields, { chatBoundMember, isStrict }: ConversionTarget): Conversion {
  const said = messagesRequestAsChat(asked, { maxTokensMember: chatBoundMember })
  const plain = isStrict ? plainChatRequest(said.body, { keepReasoning: false }) : undefined
  const body = plain?.body ?? said.body
  const pathOf = pathByMessages(asked)
  return {
    endpoint: 'chat/completions',
    body,
    notes: [...said.notes, ...(plain?.notes ?? [])],
    pathOf,
    answer: chatAnswerAsMessages,
    stream: () => new ChatStreamAsMessages(),
    refusal: (error, status) => errorAsMessages(errorByCallersPath(error, body, pathOf), status),
  }
}

function responsesByChat(asked: Fields, created: number, told: ToldItems | undefined): Conversion {
  const { body, notes, origins } = responsesRequestAsChat(asked, told)
  const pathOf = pathByResponses(asked, origins)
  const options = { created, keep: asked.store === false ? undefined : told?.remember }
  return {
    endpoint: 'chat/completions',
    body,
    notes,
    pathOf,
    answer: (answer) => chatAnswerAsResponse(answer, asked, options),
    stream: () => new ChatStreamAsResponses(asked, options),
    refusal: (error, status) => errorAsChat(errorByCallersPath(error, body, pathOf), status),
  }
}

function chatByMessages(asked: Fields, options: { created: number; includeUsage: boolean }): Conversion {
  const defaultMaxTokens = /claude-3-(?:opus|sonnet|haiku)/.test(String(asked.model))
    ? MOST_OF_CLAUDE_3
    : DEFAULT_MAX_TOKENS
  const { body, notes } = chatRequestAsMessages(asked, { defaultMaxTokens })
  const told = { ...options, freeform: freeformNames(asked.tools) }
  const pathOf = pathByChat(asked)
  return {
    endpoint: 'messages',
    body,
    notes,
    pathOf,
    answer: (answer) => messagesAnswerAsChat(answer, told),
    stream: () => new MessagesStreamAsChat(told),
    refusal: (error, status) => errorAsChat(errorByCallersPath(error, body, pathOf), status),
  }
}

/** From the caller's API to a second one, and from that to the provider's. */
function chained(first: Conversion, second: Conversion): Conversion {
  const pathOf: CallersPath = (path) => first.pathOf(second.pathOf(path))
  return {
    endpoint: second.endpoint,
    body: second.body,
    notes: [...first.notes, ...second.notes],
    pathOf,
    answer: (answer) => first.answer(second.answer(answer)),
    refusal: (error, status) => errorAsChat(errorByCallersPath(error, second.body, pathOf), status),
    stream() {
      const outer = first.stream()
      const inner = second.stream()
      return {
        push: (event) => inner.push(event).flatMap((frame) => outer.push(frame)),
        end: () => [...inner.end().flatMap((frame) => outer.push(frame)), ...outer.end()],
      }
    },
  }
}
