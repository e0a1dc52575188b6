/** Chooses what each request is answered with, before any fault. */
import { answerChat } from './chat-answer.ts'
import { completionFrames, completionJson } from './chat-wire.ts'
import {
  checkChat,
  checkEmbeddings,
  checkKey,
  envelope,
  type Refusal,
  type Strictness,
  unknownModel,
  unknownUrl,
} from './check-request.ts'
import { counted } from './counted.ts'
import { embeddingsAnswer, embeddingTokens } from './embeddings-answer.ts'
import type { SeenRequest } from './seen-request.ts'
import type { Reply } from './spoil.ts'

export interface ReplyOptions {
  /** Path prefix of the API; default `/v1`. */
  basePath?: string
  /** Where set, any other key gets 401. */
  apiKey?: string
  /** What `/v1/models` lists. */
  models?: readonly string[]
  /** Whether a model that is not listed gets 404. */
  checkModels?: boolean
  /** Members that chat refuses with 400. */
  unsupported?: readonly string[]
}

type Body = Readonly<Record<string, unknown>>

const DEFAULT_MODELS = ['gpt-5.5', 'gpt-5.5-mini', 'gpt-4o-mini', 'text-embedding-3-small']

export function basePath(options: ReplyOptions): string {
  return options.basePath ?? '/v1'
}

/** A function from request to reply, which also notes in the request what was said. */
export function replier(options: ReplyOptions): (seen: SeenRequest) => Reply {
  const models = options.models ?? DEFAULT_MODELS
  const base = basePath(options)
  const { apiKey, unsupported } = options
  const strictness = { apiKey, models: options.checkModels ? models : undefined, unsupported }
  const chat = chatReplier()
  return (seen) => {
    const refusal = checkKey(seen, strictness)
    if (refusal) return refusedReply(seen, refusal)
    const path = seen.url.split('?')[0] ?? ''
    if (path === `${base}/chat/completions` && seen.method === 'POST') {
      const fault = checkChat(seen, strictness)
      return fault ? refusedReply(seen, fault) : chat(seen, seen.body ?? {})
    }
    if (path === `${base}/embeddings` && seen.method === 'POST') return embeddingsReply(seen, strictness)
    if (path === `${base}/models` && seen.method === 'GET') {
      return jsonReply(seen, { object: 'list', data: models.map(describeModel) })
    }
    if (path.startsWith(`${base}/models/`) && seen.method === 'GET') {
      const name = decodeURIComponent(path.slice(base.length + 8))
      const known = models.includes(name)
      return known ? jsonReply(seen, describeModel(name)) : refusedReply(seen, unknownModel(name))
    }
    return refusedReply(seen, unknownUrl(seen))
  }
}

/** Answers of the models made for load are all alike, so they are prepared once. */
function chatReplier(): (seen: SeenRequest, body: Body) => Reply {
  const prepared = new Map<string, Reply>()
  return (seen, body) => {
    const includeUsage = wantsUsage(body)
    const forLoad = /(paced-\d+-\d+|sized-\d+)$/.test(String(body.model))
    const key = `${body.model} ${body.stream} ${includeUsage} ${body.n} ${body.max_tokens}`
    const ready = forLoad ? prepared.get(key) : undefined
    if (ready) return ready
    const reply = chatReply(seen, body, includeUsage)
    if (forLoad) prepared.set(key, reply)
    return reply
  }
}

function chatReply(seen: SeenRequest, body: Body, includeUsage: boolean): Reply {
  const said = answerChat(body)
  seen.said = said
  seen.counted = said.counted
  const id = `chatcmpl-mock${seen.number}`
  const identity = { id, created: Math.floor(seen.atMs / 1000), model: String(body.model) }
  if (body.stream !== true) return jsonReply(seen, completionJson(said, identity))
  const type = 'text/event-stream; charset=utf-8'
  const headers = { ...commonHeaders(seen), 'content-type': type, 'cache-control': 'no-cache' }
  const pieces = completionFrames(said, identity, includeUsage)
  return { status: 200, headers, pieces, stream: true, paceMs: said.paceMs }
}

function embeddingsReply(seen: SeenRequest, strictness: Strictness): Reply {
  const fault = checkEmbeddings(seen, strictness)
  if (fault) return refusedReply(seen, fault)
  const body = seen.body ?? {}
  seen.counted = counted({ input: embeddingTokens(body) })
  return jsonReply(seen, embeddingsAnswer(body))
}

function describeModel(name: string) {
  return { id: name, object: 'model', created: 1_700_000_000, owned_by: 'mock' }
}

function jsonReply(seen: SeenRequest, answer: string | object, status = 200): Reply {
  const headers = { ...commonHeaders(seen), 'content-type': 'application/json' }
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
  return { status, headers, pieces: [text], stream: false, paceMs: 0 }
}

function refusedReply(seen: SeenRequest, refusal: Refusal): Reply {
  return jsonReply(seen, envelope(refusal), refusal.status)
}

function commonHeaders(seen: SeenRequest) {
  return {
    'x-request-id': `req_mock${seen.number}`,
    'openai-organization': 'org-mock',
    'openai-processing-ms': '12',
    'openai-version': '2020-10-01',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'set-cookie': '__mock=secret; path=/; HttpOnly',
  }
}

function wantsUsage(body: Body): boolean {
  const options = body.stream_options
  return typeof options === 'object' && options !== null && 'include_usage' in options
    ? options.include_usage === true
    : false
}
