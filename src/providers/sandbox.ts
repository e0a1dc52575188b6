/** A provider that needs no network and no key: simulated answers in OpenAI's shapes, the same for the same request. */
import { isObject } from '../openai/is-object.ts'
import { chatAnswer, chatChunks, readChatBody } from './sandbox-chat.ts'
import { completionAnswer, completionChunks, readCompletionBody } from './sandbox-completion.ts'
import { embeddingAnswer } from './sandbox-embedding.ts'
import { moderationAnswer } from './sandbox-moderation.ts'
import type { AnswerReceiver, Call, OutboundRequest, Transport } from './transport.ts'

interface SandboxParts {
  /** Unix milliseconds. */
  now: () => number
  firstChunkMs?: number
  betweenChunksMs?: number
}

interface Answer {
  status: number
  contentType: string
  /** Sent one by one; a JSON answer is a single piece. */
  pieces: readonly string[]
}

export function createSandbox(parts: SandboxParts): Transport {
  const firstChunkMs = parts.firstChunkMs ?? 40
  const betweenChunksMs = parts.betweenChunksMs ?? 8
  return {
    send(request, receiver) {
      const answer = answerTo(request, Math.floor(parts.now() / 1000))
      return play(answer, receiver, firstChunkMs, betweenChunksMs)
    },
  }
}

/** Sends an answer at a model's pace, and stops at once where the receiver pauses or aborts. */
function play(answer: Answer, receiver: AnswerReceiver, firstMs: number, betweenMs: number): Call {
  const encoder = new TextEncoder()
  let next = 0
  let state: 'waiting' | 'paused' | 'over' = 'waiting'
  let timer = setTimeout(() => {
    receiver.head(answer.status, ['content-type', answer.contentType, 'x-request-id', 'req_sandbox'])
    if (state !== 'over') step()
  }, firstMs)
  return {
    sent: true,
    abort() {
      state = 'over'
      clearTimeout(timer)
    },
    resume() {
      if (state !== 'paused') return
      state = 'waiting'
      timer = setTimeout(step, 0)
    },
  }

  function step(): void {
    const piece = answer.pieces[next++]
    if (piece === undefined) {
      state = 'over'
      receiver.end()
      return
    }
    const goOn = receiver.chunk(encoder.encode(piece))
    if (isOver()) return
    if (goOn) timer = setTimeout(step, next < answer.pieces.length ? betweenMs : 0)
    else state = 'paused'
  }

  /** `chunk` may have aborted. */
  function isOver(): boolean {
    return state === 'over'
  }
}

function answerTo(request: OutboundRequest, created: number): Answer {
  const path = request.path.split('?', 1)[0] ?? ''
  if (request.method === 'GET' && path.endsWith('/models')) return json(200, MODELS)
  // Before the body is read: a form or a bodiless GET is not at fault for what it lacks.
  const endpoint = request.method === 'POST' ? SIMULATED.find((one) => path.endsWith(one)) : undefined
  if (endpoint === undefined)
    return refusal(`The sandbox has no ${request.method} ${path}: ${WHAT_IT_HAS}.`, 404)
  const body = readBody(request.body)
  if (body === undefined) return refusal('The body is not a JSON object.')
  switch (endpoint) {
    case '/embeddings':
      return whole(embeddingAnswer(body))
    case '/moderations':
      return whole(moderationAnswer(body))
    case '/chat/completions':
      return chatReply(body, created)
    case '/completions':
      return completionReply(body, created)
  }
}

function chatReply(body: Readonly<Record<string, unknown>>, created: number): Answer {
  const chat = readChatBody(body)
  if (typeof chat === 'string') return refusal(chat)
  return chat.stream ? stream(chatChunks(chat, created)) : json(200, chatAnswer(chat, created))
}

function completionReply(body: Readonly<Record<string, unknown>>, created: number): Answer {
  const completion = readCompletionBody(body)
  if (typeof completion === 'string') return refusal(completion)
  return completion.stream
    ? stream(completionChunks(completion, created))
    : json(200, completionAnswer(completion, created))
}

/** An answer, or what is wrong with the request. */
function whole(answer: object | string): Answer {
  return typeof answer === 'string' ? refusal(answer) : json(200, answer)
}

function stream(chunks: readonly object[]): Answer {
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
  return {
    status: 200,
    contentType: 'text/event-stream; charset=utf-8',
    pieces: [...events, 'data: [DONE]\n\n'],
  }
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', pieces: [JSON.stringify(value)] }
}

function refusal(message: string, status = 400): Answer {
  return json(status, { error: { message, type: 'invalid_request_error', param: null, code: null } })
}

/** What others are said in (responses, messages) is among them; the longer of two comes first. */
const SIMULATED = ['/chat/completions', '/completions', '/embeddings', '/moderations'] as const
const WHAT_IT_HAS = 'it simulates chat, completions, embeddings and moderations'

const MODELS = {
  object: 'list',
  data: ['sandbox-small', 'sandbox-large', 'sandbox-embedding'].map((id) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: 'trimtab-sandbox',
  })),
}

function readBody(bytes: Uint8Array | null): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
