/** How the answers of each endpoint are read, closed, and refused: the relays know no endpoint by name. */

import { MessagesEventReader } from '../../anthropic/messages-event-reader.ts'
import { messagesFailureBody, messagesFailureEvent } from '../../anthropic/messages-failure.ts'
import { MessagesHearing } from '../../anthropic/messages-hearing.ts'
import { readMessagesAnswer } from '../../anthropic/read-messages-answer.ts'
import type { Failure } from '../../errors.ts'
import { ChatHearing } from '../../openai/chat-hearing.ts'
import { failureBody, failureEvent } from '../../openai/failure-body.ts'
import type { Hearing } from '../../openai/heard-answer.ts'
import { isObject } from '../../openai/is-object.ts'
import type { ModelEndpoint } from '../../openai/model-request.ts'
import { parseObject } from '../../openai/parse-json.ts'
import type { CallerRequest } from '../../openai/passed-request.ts'
import { isAnthropics } from '../../openai/passed-table.ts'
import { PlainContent } from '../../openai/plain-content.ts'
import { type AnswerFacts, readAnswer } from '../../openai/read-answer.ts'
import { readStreamEvent, type StreamEventFacts } from '../../openai/read-stream-event.ts'
import { responsesFailureEvent } from '../../openai/responses/failure-event.ts'
import { readResponsesAnswer } from '../../openai/responses/read-responses-answer.ts'
import { ResponsesEventReader } from '../../openai/responses/responses-event-reader.ts'
import { ResponsesHearing } from '../../openai/responses/responses-hearing.ts'

/** Reads the events of one stream, in their order. */
export interface EventReader {
  read(data: string): StreamEventFacts
}

/** Data of the first and of the last event that the caller was told. */
export interface Said {
  first: string | undefined
  last: string | undefined
}

/** Of one stream. */
export interface PlainReader {
  /** Tells at a glance how much text a chunk holds that is nothing else; undefined where it has to be read. */
  characters(chunk: Uint8Array): number | undefined
}

export interface AnswerWire {
  eventReader(): EventReader
  plainReader(): PlainReader
  readAnswer(bytes: Uint8Array): AnswerFacts
  /** For whoever judges what is said. */
  hearing(): Hearing
  /** Whether a tokenizer can be shown what is asked and answered: see `openai/prompt-text.ts`, `openai/answer-text.ts`. */
  countable: boolean
  /** What closes a stream whose server forgot to; undefined where the last event does. */
  closing: Uint8Array | undefined
  /** In the endpoint's own words. */
  failureBody(failure: Failure): Uint8Array
  /** Ends a stream that has begun, so that no client takes it for whole. */
  failureEvent(failure: Failure, said: Said): Uint8Array
}

const NEVER_PLAIN: PlainReader = { characters: () => undefined }
const STATELESS: EventReader = { read: readStreamEvent }
const encoder = new TextEncoder()

const CHAT: AnswerWire = {
  eventReader: () => STATELESS,
  plainReader: () => new PlainContent(),
  readAnswer,
  hearing: () => new ChatHearing(),
  countable: true,
  closing: encoder.encode('data: [DONE]\n\n'),
  failureBody,
  failureEvent,
}

const RESPONSES: AnswerWire = {
  eventReader: () => new ResponsesEventReader(),
  plainReader: () => NEVER_PLAIN,
  readAnswer: readResponsesAnswer,
  hearing: () => new ResponsesHearing(),
  countable: false,
  closing: undefined,
  failureBody,
  failureEvent: responseFailed,
}

const MESSAGES: AnswerWire = {
  eventReader: () => new MessagesEventReader(),
  plainReader: () => NEVER_PLAIN,
  readAnswer: readMessagesAnswer,
  hearing: () => new MessagesHearing(),
  countable: false,
  closing: encoder.encode('event: message_stop\ndata: {"type":"message_stop"}\n\n'),
  failureBody: messagesFailureBody,
  failureEvent: messagesFailureEvent,
}

const WIRES: Readonly<Record<ModelEndpoint, AnswerWire>> = {
  'chat/completions': CHAT,
  completions: CHAT,
  embeddings: CHAT,
  responses: RESPONSES,
  messages: MESSAGES,
}

/** What is passed through speaks as chat does where it fails, or as messages do. */
export function wireOf(endpoint: CallerRequest['endpoint']): AnswerWire {
  return WIRES[endpoint as ModelEndpoint] ?? (isAnthropics(endpoint) ? MESSAGES : CHAT)
}

/** Names the response that the caller was told of, and goes on counting its events. */
function responseFailed(failure: Failure, { first, last }: Said): Uint8Array {
  const { response } = fieldsOf(first)
  const { sequence_number: sequence } = fieldsOf(last)
  const begun = isObject(response) ? response : {}
  return responsesFailureEvent(failure, {
    id: typeof begun.id === 'string' ? begun.id : 'resp_failed',
    createdAt: typeof begun.created_at === 'number' ? begun.created_at : undefined,
    model: typeof begun.model === 'string' ? begun.model : undefined,
    request: begun,
    sequence: typeof sequence === 'number' ? sequence + 1 : 0,
  })
}

function fieldsOf(data: string | undefined): Readonly<Record<string, unknown>> {
  return parseObject(data ?? '') ?? {}
}
