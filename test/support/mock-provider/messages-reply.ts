/** Replies of Anthropic's endpoints. */
import { refusedMarks } from './anthropic-prompt-cache.ts'
import { answerChat, isFields } from './chat-answer.ts'
import { organisationOf, type Strictness } from './check-request.ts'
import { type Counted, counted, countFor, inputOf } from './counted.ts'
import type { FaultWords } from './fault-words.ts'
import { messagesAsked } from './messages-asked.ts'
import {
  checkMessages,
  checkMessagesKey,
  type MessagesRefusal,
  messagesEnvelope,
  messagesError,
} from './messages-check.ts'
import { MESSAGE_STOP_FRAME, messageFrames, messageJson, named } from './messages-wire.ts'
import type { SeenRequest } from './seen-request.ts'
import type { Reply } from './spoil.ts'
import { shapeOf } from './usage-shapes.ts'

type Body = Readonly<Record<string, unknown>>

const THINKING = ['The ', 'rudder ', 'follows ', 'the ', 'tab.']
const BUCKETS = shapeOf('as-anthropic')?.knows ?? []

/** Undefined where the path is none of Anthropic's. */
export function messagesReply(seen: SeenRequest, path: string, strictness: Strictness): Reply | undefined {
  if (seen.method !== 'POST' || (path !== '/messages' && path !== '/messages/count_tokens')) return undefined
  const counts = path !== '/messages'
  const fault = checkMessagesKey(seen, strictness) ?? checkMessages(seen, strictness, counts)
  if (fault !== undefined) return refused(seen, fault)
  const body = seen.body ?? {}
  return counts ? tokenCount(seen, body) : message(seen, body, strictness)
}

function message(seen: SeenRequest, body: Body, { promptCaches }: Strictness): Reply {
  const marks = promptCaches && refusedMarks(body)
  if (marks !== undefined) return refused(seen, messagesError(400, marks))
  const asked = messagesAsked(body)
  const said = answerChat(asked)
  const [choice] = said.choices
  if (choice === undefined) throw new Error('a message has one choice')
  const thinking = isFields(body.thinking) && body.thinking.type !== 'disabled' ? THINKING : undefined
  const spoken = said.usage.completion_tokens - said.usage.completion_tokens_details.reasoning_tokens
  seen.said = said
  const told = spoken + (thinking?.length ?? 0)
  seen.counted =
    promptCaches?.anthropic.count(organisationOf(seen), body, told) ??
    countedOf(seen, said.usage.prompt_tokens, told)
  const model = String(body.model)
  const whole = { id: `msg_mock${seen.number}`, model, thinking, choice, counted: seen.counted }
  if (body.stream !== true) return json(seen, messageJson(whole))
  const headers = {
    ...commonHeaders(seen),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  }
  return {
    status: 200,
    headers,
    pieces: messageFrames(whole),
    stream: true,
    paceMs: said.paceMs,
    words: wordsOf(seen),
  }
}

/** Where something is to be cached, or the model is made for it, every bucket may have something. */
function countedOf({ bytes, body }: SeenRequest, prompt: number, spoken: number): Counted {
  const text = Buffer.from(bytes).toString()
  const isCached = text.includes('"cache_control"') || shapeOf(String(body?.model)) !== undefined
  return isCached ? countFor(text, spoken, BUCKETS) : counted({ input: prompt, output: spoken })
}

/** Counting is free. */
function tokenCount(seen: SeenRequest, body: Body): Reply {
  const { usage } = answerChat(messagesAsked(body))
  return json(seen, JSON.stringify({ input_tokens: inputOf(counted({ input: usage.prompt_tokens })) }))
}

function json(seen: SeenRequest, text: string, status = 200): Reply {
  const headers = { ...commonHeaders(seen), 'content-type': 'application/json' }
  return { status, headers, pieces: [text], stream: false, paceMs: 0, words: wordsOf(seen) }
}

function refused(seen: SeenRequest, refusal: MessagesRefusal): Reply {
  return json(seen, messagesEnvelope(refusal, requestId(seen)), refusal.status)
}

function wordsOf(seen: SeenRequest): FaultWords {
  const error = { type: 'api_error', message: 'Internal server error' }
  return {
    refusal: (status, text) => messagesEnvelope(messagesError(status, text), requestId(seen)),
    errorBody: messagesEnvelope({ status: 500, ...error }, requestId(seen)),
    errorEvent: () => named('error', { error, request_id: requestId(seen) }),
    closingFrame: MESSAGE_STOP_FRAME,
  }
}

function requestId({ number }: SeenRequest): string {
  return `req_mock${number}`
}

function commonHeaders(seen: SeenRequest) {
  return {
    'request-id': requestId(seen),
    'anthropic-organization-id': '00000000-0000-0000-0000-000000000000',
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'set-cookie': '__mock=secret; path=/; HttpOnly',
  }
}
