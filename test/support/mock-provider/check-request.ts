/** Refuses what OpenAI refuses, in its words and envelope. */
import type { AnthropicPromptCache } from './anthropic-prompt-cache.ts'
import { type OpenaiPromptCache, refusedMember } from './openai-prompt-cache.ts'
import type { SeenRequest } from './seen-request.ts'
import type { VllmMediaCache } from './vllm-media-cache.ts'

export interface Refusal {
  status: number
  message: string
  type: string
  param: string | null
  code: string | null
}

export interface Strictness {
  /** Where set, any other key is refused. */
  apiKey?: string | undefined
  /** Where set, any other model is refused. */
  models?: readonly string[] | undefined
  /** Members that chat refuses, as OpenAI does those that a model has not. */
  unsupported?: readonly string[] | undefined
  /** Where set, media are kept as vLLM keeps them. */
  mediaCache?: VllmMediaCache | undefined
  /** Where set, prompts are really kept. */
  promptCaches?: PromptCaches | undefined
}

export interface PromptCaches {
  anthropic: AnthropicPromptCache
  openai: OpenaiPromptCache
}

export function envelope({ message, type, param, code }: Omit<Refusal, 'status'>): string {
  return `${JSON.stringify({ error: { message, type, param, code } }, null, 2)}\n`
}

/** Whose cache a request is kept in. */
export function organisationOf({ headers }: SeenRequest): string {
  return String(headers['x-api-key'] ?? headers.authorization ?? '')
}

/** `undefined` where the key is right. */
export function checkKey(seen: SeenRequest, { apiKey }: Strictness): Refusal | undefined {
  if (apiKey === undefined) return undefined
  const bearer = /^Bearer (.*)$/.exec(seen.headers.authorization ?? '')?.[1]
  const given = bearer ?? seen.headers['api-key']
  if (given === apiKey) return undefined
  return given === undefined
    ? refuse(401, "You didn't provide an API key.", null, null)
    : refuse(401, `Incorrect API key provided: ${String(given).slice(0, 4)}***.`, null, 'invalid_api_key')
}

export function checkChat(seen: SeenRequest, strictness: Strictness): Refusal | undefined {
  const { body } = seen
  if (body === undefined) return notJson()
  const model = checkModel(body, strictness)
  if (model) return model
  const { messages } = body
  if (messages === undefined) return missing('messages')
  if (!Array.isArray(messages)) {
    return wrongType('messages', 'an array of objects', messages)
  }
  if (messages.length === 0) {
    return refuse(400, "Invalid 'messages': empty array.", 'messages', 'empty_array')
  }
  if (body.stream_options !== undefined && body.stream_options !== null && body.stream !== true) {
    const text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
    return refuse(400, text, 'stream_options', null)
  }
  const unsupported =
    strictness.unsupported?.find((name) => body[name] !== undefined) ??
    (strictness.promptCaches && refusedMember(body))
  if (unsupported !== undefined) {
    const text = `Unsupported parameter: '${unsupported}' is not supported with this model.`
    return refuse(400, text, unsupported, 'unsupported_parameter')
  }
  for (const [index, message] of messages.entries()) {
    const partTypes = strictness.mediaCache === undefined ? PART_TYPES : VLLM_PART_TYPES
    const fault = checkMessage(message, `messages[${index}]`, partTypes)
    if (fault) return fault
  }
  return strictness.mediaCache?.check(messages)
}

export function checkEmbeddings(seen: SeenRequest, strictness: Strictness): Refusal | undefined {
  const { body } = seen
  if (body === undefined) return notJson()
  const model = checkModel(body, strictness)
  if (model) return model
  if (body.input === undefined) return missing('input')
  if (body.input === '' || (Array.isArray(body.input) && body.input.length === 0)) {
    return refuse(400, "'$.input' is invalid.", 'input', null)
  }
  return undefined
}

export function checkCompletions(seen: SeenRequest, strictness: Strictness): Refusal | undefined {
  const { body } = seen
  if (body === undefined) return notJson()
  return checkModel(body, strictness) ?? (body.prompt === undefined ? missing('prompt') : undefined)
}

export function unknownModel(model: string): Refusal {
  const text = `The model \`${model}\` does not exist or you do not have access to it.`
  return refuse(404, text, null, 'model_not_found')
}

export function unknownUrl(seen: SeenRequest): Refusal {
  return refuse(404, `Invalid URL (${seen.method} ${seen.url})`, null, null)
}

export function checkModel(
  body: Readonly<Record<string, unknown>>,
  { models }: Strictness,
): Refusal | undefined {
  const { model } = body
  if (model === undefined) return refuse(400, 'you must provide a model parameter', null, null)
  if (typeof model !== 'string') return wrongType('model', 'a string', model)
  return models && !models.includes(model) ? unknownModel(model) : undefined
}

function checkMessage(message: unknown, where: string, partTypes: ReadonlySet<unknown>): Refusal | undefined {
  if (typeof message !== 'object' || message === null) return wrongType(where, 'an object', message)
  if (!('role' in message)) return missing(`${where}.role`)
  const content = 'content' in message ? message.content : undefined
  if (!Array.isArray(content)) return undefined
  for (const [index, part] of content.entries()) {
    if (!partTypes.has(part?.type)) {
      const text = `Invalid value: '${part?.type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'.`
      return refuse(400, text, `${where}.content[${index}].type`, 'invalid_value')
    }
  }
  return undefined
}

const PART_TYPES: ReadonlySet<unknown> = new Set([
  'text',
  'image_url',
  'input_audio',
  'refusal',
  'audio',
  'file',
])

const VLLM_PART_TYPES: ReadonlySet<unknown> = new Set([...PART_TYPES, 'audio_url', 'video_url'])

export function notJson(): Refusal {
  return refuse(400, 'We could not parse the JSON body of your request.', null, null)
}

export function missing(param: string): Refusal {
  return refuse(400, `Missing required parameter: '${param}'.`, param, 'missing_required_parameter')
}

function wrongType(param: string, wanted: string, got: unknown): Refusal {
  const kind = Array.isArray(got) ? 'an array' : `a ${typeof got}`
  const text = `Invalid type for '${param}': expected ${wanted}, but got ${kind} instead.`
  return refuse(400, text, param, 'invalid_type')
}

export function refuse(status: number, message: string, param: string | null, code: string | null): Refusal {
  return { status, message, type: 'invalid_request_error', param, code }
}
