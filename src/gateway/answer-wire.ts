/** How the answers of each endpoint are read, closed, and refused: the relays know no endpoint by name. */
import type { Failure } from '../errors.ts'
import { failureBody, failureEvent } from '../openai/failure-body.ts'
import type { ModelEndpoint } from '../openai/model-request.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import { plainContentCharacters } from '../openai/plain-content.ts'
import { type AnswerFacts, readAnswer } from '../openai/read-answer.ts'
import { readStreamEvent, type StreamEventFacts } from '../openai/read-stream-event.ts'

/** Reads the events of one stream, in their order. */
export interface EventReader {
  read(data: string): StreamEventFacts
}

export interface AnswerWire {
  eventReader(): EventReader
  /** Tells at a glance how much text a chunk holds that is nothing else; undefined where it has to be read. */
  plainCharacters(chunk: Uint8Array): number | undefined
  readAnswer(bytes: Uint8Array): AnswerFacts
  /** What closes a stream whose server forgot to; undefined where the last event does. */
  closing: Uint8Array | undefined
  /** In the endpoint's own words. */
  failureBody(failure: Failure): Uint8Array
  /** Ends a stream that has begun, so that no client takes it for whole. */
  failureEvent(failure: Failure): Uint8Array
}

const STATELESS: EventReader = { read: readStreamEvent }

const CHAT: AnswerWire = {
  eventReader: () => STATELESS,
  plainCharacters: plainContentCharacters,
  readAnswer,
  closing: new TextEncoder().encode('data: [DONE]\n\n'),
  failureBody,
  failureEvent,
}

const WIRES: Readonly<Record<ModelEndpoint, AnswerWire>> = {
  'chat/completions': CHAT,
  completions: CHAT,
  embeddings: CHAT,
  responses: CHAT,
  messages: CHAT,
}

/** What is passed through speaks as chat does where it fails. */
export function wireOf(endpoint: CallerRequest['endpoint']): AnswerWire {
  return WIRES[endpoint as ModelEndpoint] ?? CHAT
}
