/** Replies of OpenAI's responses endpoint. */
import { answerChat, isFields, type Said } from './chat-answer.ts'
import { envelope, organisationOf, type Refusal, type Strictness } from './check-request.ts'
import { type Counted, counted, countFor } from './counted.ts'
import { type FaultWords, OPENAI_WORDS, SERVER_ERROR } from './fault-words.ts'
import { commonHeaders } from './reply-headers.ts'
import { responsesAsked } from './responses-asked.ts'
import { checkResponses } from './responses-check.ts'
import {
  failedFrame,
  responseFrames,
  responseJson,
  type SaidResponse,
  unfinishedJson,
} from './responses-wire.ts'
import type { SeenRequest } from './seen-request.ts'
import type { Reply } from './spoil.ts'

/** Of one provider, which keeps what it answered unless it is told not to. */
export function responsesReplier(strictness: Strictness): (seen: SeenRequest) => Reply {
  const kept = new Set<string>()
  const background = new Map<string, SaidResponse>()
  return (seen) => {
    const [id = '', action] = pathBelow(seen)
    const running = background.get(id)
    if (running !== undefined && seen.method === 'DELETE') {
      background.delete(id)
      return json(seen, JSON.stringify({ id, object: 'response', deleted: true }), 200, wordsOf(running))
    }
    if (running !== undefined) return later(seen, running, action)
    if (id !== '') return refused(seen, { status: 404, message: `No response with id '${id}'.`, ...GONE })
    const fault = checkResponses(seen, strictness, kept)
    if (fault !== undefined) return refused(seen, fault)
    const said = answer(seen, strictness)
    if (said.request.store !== false) kept.add(said.id)
    if (said.request.background === true) {
      background.set(said.id, said)
      if (!seen.body?.stream) return json(seen, unfinishedJson(said, 'queued'), 200, wordsOf(said))
    }
    return reply(seen, said)
  }
}

const GONE = { type: 'invalid_request_error', param: 'id', code: null }

/** What follows `responses` in the path. */
function pathBelow({ url }: SeenRequest): string[] {
  const path = new URL(url, 'http://mock').pathname
  return path.slice(path.indexOf('/responses') + '/responses/'.length).split('/')
}

/** A model that is called `failing` fails; others have ended by the time that they are asked for, unless they are cancelled. */
function later(seen: SeenRequest, said: SaidResponse, action: string | undefined): Reply {
  const words = wordsOf(said)
  if (action === 'cancel') return json(seen, unfinishedJson(said, 'cancelled'), 200, words)
  if (said.request.model === 'failing') return json(seen, unfinishedJson(said, 'failed'), 200, words)
  const stream = seen.url.includes('stream=true')
  return reply(seen, { ...said, request: { ...said.request, stream } })
}

function answer(seen: SeenRequest, { promptCaches }: Strictness): SaidResponse {
  const request = seen.body ?? {}
  const said = answerChat(responsesAsked(request))
  const [choice] = said.choices
  if (choice === undefined) throw new Error('a response has one choice')
  seen.said = said
  seen.counted =
    promptCaches?.openai.count(organisationOf(seen), request, said.counted) ?? countedOf(seen, said)
  const tools = Array.isArray(request.tools) ? request.tools.filter(isFields) : []
  return {
    id: `resp_mock${seen.number}`,
    createdAt: Math.floor(seen.atMs / 1000),
    request,
    choice,
    counted: seen.counted,
    customTools: tools.filter(({ type }) => type === 'custom').map(({ name }) => name),
  }
}

/** Of a model that is made to count everything: what this endpoint has a word for. */
function countedOf({ bytes }: SeenRequest, said: Said): Counted {
  const { counted: it, shape } = said
  if (shape === undefined) return counted({ ...it, input: it.input + it.audio_in, audio_in: 0 })
  const known = ['cache_read', 'cache_write_30m', 'reasoning'] as const
  return countFor(Buffer.from(bytes).toString(), it.output, known)
}

function reply(seen: SeenRequest, said: SaidResponse): Reply {
  const words = wordsOf(said)
  if (said.request.stream !== true) return json(seen, responseJson(said), 200, words)
  const type = 'text/event-stream; charset=utf-8'
  const headers = { ...commonHeaders(seen), 'content-type': type, 'cache-control': 'no-cache' }
  const paceMs = seen.said?.paceMs ?? 0
  return { status: 200, headers, pieces: responseFrames(said), stream: true, paceMs, words }
}

function json(seen: SeenRequest, text: string, status: number, words: FaultWords): Reply {
  const headers = { ...commonHeaders(seen), 'content-type': 'application/json' }
  return { status, headers, pieces: [text], stream: false, paceMs: 0, words }
}

function refused(seen: SeenRequest, refusal: Refusal): Reply {
  return json(seen, envelope(refusal), refusal.status, OPENAI_WORDS)
}

function wordsOf(said: SaidResponse): FaultWords {
  const error = { code: 'server_error', message: SERVER_ERROR.message }
  return {
    ...OPENAI_WORDS,
    errorEvent: (count) => failedFrame(said, count, error),
    closingFrame: undefined,
  }
}
