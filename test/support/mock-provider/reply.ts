/** Chooses what each request is answered with, before any fault. */
import { AnthropicPromptCache } from './anthropic-prompt-cache.ts'
import { answerChat, type Said } from './chat-answer.ts'
import { completionFrames, completionJson, type Identity } from './chat-wire.ts'
import {
  checkChat,
  checkCompletions,
  checkEmbeddings,
  checkKey,
  envelope,
  organisationOf,
  type PromptCaches,
  type Refusal,
  type Strictness,
  unknownModel,
  unknownUrl,
} from './check-request.ts'
import { completionsAsked, textCompletionFrames, textCompletionJson } from './completions-wire.ts'
import { counted } from './counted.ts'
import { embeddingsAnswer, embeddingTokens } from './embeddings-answer.ts'
import { OPENAI_WORDS } from './fault-words.ts'
import { type AnthropicAnswer, anthropicReplier } from './message-batches.ts'
import { messagesReply } from './messages-reply.ts'
import { OpenaiPromptCache } from './openai-prompt-cache.ts'
import { commonHeaders } from './reply-headers.ts'
import { responsesReplier } from './responses-reply.ts'
import type { SeenRequest } from './seen-request.ts'
import type { Reply } from './spoil.ts'
import { type StoredAnswer, storedReplier } from './stored-reply.ts'
import { shapeOf } from './usage-shapes.ts'
import type { VllmMediaCache } from './vllm-media-cache.ts'

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
  /** Media are kept as vLLM keeps them. */
  mediaCache?: VllmMediaCache
  /** Prompts are kept as Anthropic and OpenAI keep them, by this clock in milliseconds. */
  promptCacheClock?: () => number
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
  const { apiKey, unsupported, mediaCache } = options
  const clock = options.promptCacheClock
  const promptCaches = clock && {
    anthropic: new AnthropicPromptCache(clock),
    openai: new OpenaiPromptCache(clock),
  }
  const strictness = {
    apiKey,
    models: options.checkModels ? models : undefined,
    unsupported,
    promptCaches,
    mediaCache,
  }
  const chat = chatReplier(strictness)
  const stored = storedReplier()
  const responses = responsesReplier(strictness)
  const anthropics = anthropicReplier()
  return (seen) => {
    const path = seen.url.split('?')[0] ?? ''
    const messages = path.startsWith(base) && messagesReply(seen, path.slice(base.length), strictness)
    if (messages) return messages
    const kept = path.startsWith(base) ? anthropics(seen, path.slice(base.length)) : undefined
    if (kept !== undefined) return anthropicReply(seen, kept)
    const refusal = checkKey(seen, strictness)
    if (refusal) return refusedReply(seen, refusal)
    if (path === `${base}/chat/completions` && seen.method === 'POST') {
      const fault = checkChat(seen, strictness)
      return fault ? refusedReply(seen, fault) : stored.keeping(seen, chat(seen, seen.body ?? {}))
    }
    if (path === `${base}/responses` && seen.method === 'POST') return responses(seen)
    if (/^\/responses\/resp_mock\d+(?:\/cancel)?$/.test(path.slice(base.length))) return responses(seen)
    if (path === `${base}/completions` && seen.method === 'POST') return completionsReply(seen, strictness)
    if (path === `${base}/embeddings` && seen.method === 'POST') return embeddingsReply(seen, strictness)
    if (path === `${base}/models` && seen.method === 'GET') {
      return jsonReply(seen, { object: 'list', data: models.map(describeModel) })
    }
    if (path.startsWith(`${base}/models/`) && seen.method === 'GET') {
      const name = decodeURIComponent(path.slice(base.length + 8))
      const known = models.includes(name)
      return known ? jsonReply(seen, describeModel(name)) : refusedReply(seen, unknownModel(name))
    }
    const answer = path.startsWith(`${base}/`) ? stored.reply(seen, path.slice(base.length + 1)) : undefined
    return answer === undefined ? refusedReply(seen, unknownUrl(seen)) : storedReply(seen, answer)
  }
}

/** Answers of the models made for load are all alike, so they are prepared once. */
function chatReplier({ promptCaches }: Strictness): (seen: SeenRequest, body: Body) => Reply {
  const prepared = new Map<string, Reply>()
  return (seen, body) => {
    const includeUsage = wantsUsage(body)
    const forLoad = /(paced-\d+-\d+|sized-\d+)$/.test(String(body.model))
    const key = `${body.model} ${body.stream} ${includeUsage} ${body.n} ${body.max_tokens} ${body.logprobs}`
    const ready = forLoad ? prepared.get(key) : undefined
    if (ready) return ready
    const reply = chatReply(seen, body, includeUsage, promptCaches)
    if (forLoad) prepared.set(key, reply)
    return reply
  }
}

function chatReply(
  seen: SeenRequest,
  body: Body,
  includeUsage: boolean,
  promptCaches: PromptCaches | undefined,
): Reply {
  const said = withPromptCache(answerChat(body), seen, promptCaches)
  seen.said = said
  seen.counted = said.counted
  const identity = identityOf(seen)
  if (body.stream !== true) return jsonReply(seen, completionJson(said, identity))
  return streamReply(seen, completionFrames(said, identity, includeUsage), said.paceMs)
}

function withPromptCache(said: Said, seen: SeenRequest, promptCaches: PromptCaches | undefined): Said {
  const body = seen.body ?? {}
  if (promptCaches === undefined) return said
  const it = promptCaches.openai.count(organisationOf(seen), body, said.counted)
  return { ...said, counted: it, shape: shapeOf('as-openai') }
}

function completionsReply(seen: SeenRequest, strictness: Strictness): Reply {
  const fault = checkCompletions(seen, strictness)
  if (fault) return refusedReply(seen, fault)
  const body = seen.body ?? {}
  const said = answerChat(completionsAsked(body))
  seen.said = said
  seen.counted = said.counted
  if (body.stream !== true) return jsonReply(seen, textCompletionJson(said, identityOf(seen)))
  return streamReply(seen, textCompletionFrames(said, identityOf(seen), wantsUsage(body)), said.paceMs)
}

function identityOf({ number, atMs, body }: SeenRequest): Identity {
  return {
    id: `chatcmpl-mock${number}`,
    created: Math.floor(atMs / 1000),
    model: String(body?.model),
  }
}

function streamReply(seen: SeenRequest, pieces: readonly string[], paceMs: number): Reply {
  const type = 'text/event-stream; charset=utf-8'
  const headers = { ...commonHeaders(seen), 'content-type': type, 'cache-control': 'no-cache' }
  return { status: 200, headers, pieces, stream: true, paceMs, words: OPENAI_WORDS }
}

function embeddingsReply(seen: SeenRequest, strictness: Strictness): Reply {
  const fault = checkEmbeddings(seen, strictness)
  if (fault) return refusedReply(seen, fault)
  const body = seen.body ?? {}
  seen.counted = counted({ input: embeddingTokens(body) })
  return jsonReply(seen, embeddingsAnswer(body))
}

function anthropicReply(seen: SeenRequest, { status, type, text }: AnthropicAnswer): Reply {
  const headers = { 'request-id': `req_mock${seen.number}`, 'content-type': type }
  return { status, headers, pieces: [text], stream: false, paceMs: 0, words: OPENAI_WORDS }
}

function storedReply(seen: SeenRequest, answer: StoredAnswer): Reply {
  const headers = commonHeaders(seen)
  const refusal = { type: 'invalid_request_error', param: 'id', code: null }
  switch (answer.kind) {
    case 'json':
      return jsonReply(seen, answer.value)
    case 'missing':
      return refusedReply(seen, { status: 404, message: answer.message, ...refusal })
    case 'invalid':
      return refusedReply(seen, { status: 400, message: answer.message, ...refusal })
    case 'text': {
      const text = { ...headers, 'content-type': 'text/plain; charset=utf-8' }
      return {
        status: 200,
        headers: text,
        pieces: [answer.text],
        stream: false,
        paceMs: 0,
        words: OPENAI_WORDS,
      }
    }
    case 'events': {
      const events = { ...headers, 'content-type': 'text/event-stream; charset=utf-8' }
      return {
        status: 200,
        headers: events,
        pieces: answer.events,
        stream: true,
        paceMs: 0,
        words: OPENAI_WORDS,
      }
    }
    case 'bytes': {
      const place = answer.location === undefined ? {} : { location: answer.location }
      const bytes = { ...headers, 'content-type': answer.type, ...place }
      return {
        status: 200,
        headers: bytes,
        pieces: [answer.bytes],
        stream: false,
        paceMs: 0,
        words: OPENAI_WORDS,
      }
    }
  }
}

function describeModel(name: string) {
  return { id: name, object: 'model', created: 1_700_000_000, owned_by: 'mock' }
}

function jsonReply(seen: SeenRequest, answer: string | object, status = 200): Reply {
  const headers = { ...commonHeaders(seen), 'content-type': 'application/json' }
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
  return { status, headers, pieces: [text], stream: false, paceMs: 0, words: OPENAI_WORDS }
}

function refusedReply(seen: SeenRequest, refusal: Refusal): Reply {
  return jsonReply(seen, envelope(refusal), refusal.status)
}

function wantsUsage(body: Body): boolean {
  const options = body.stream_options
  return typeof options === 'object' && options !== null && 'include_usage' in options
    ? options.include_usage === true
    : false
}
