/** The request that a command asks about, made as a caller would make it: a prompt, or a whole body. */

import type { Principal } from '../access/principal.ts'
import { parseMessagesRequest } from '../anthropic/parse-messages-request.ts'
import { Failure } from '../errors.ts'
import type { Incoming } from '../gateway/journey.ts'
import { requestLabels } from '../http/request-labels.ts'
import { isObject } from '../openai/is-object.ts'
import { MODEL_ENDPOINTS, type ModelEndpoint } from '../openai/model-request.ts'
import { parseModelRequest } from '../openai/parse-model-request.ts'

export interface RequestQuestion {
  /** A prompt, or the JSON of a request's body. */
  asks: { prompt: string } | { body: string }
  /** Below `/v1/`; undefined: told by the body. */
  endpoint?: string | undefined
  /** As `x-trimtab-workflow` would name it. */
  workflow?: string | undefined
  /** In place of the body's own. */
  model?: string | undefined
  /** Name of the caller's key, as far as policies look at it. */
  key?: string | undefined
  /** Who calls, where more than that is known. */
  principal?: Principal | undefined
  /** As `x-trimtab-tags`: `k=v,…`. */
  tags?: string | undefined
}

/**
 * @param at Unix milliseconds at which it is asked
 * @throws Failure where the body is no request that the gateway would take
 */
export function incomingOf(question: RequestQuestion, at: number): Incoming {
  const { asks, model, workflow, key, tags } = question
  const body = 'prompt' in asks ? promptBody(asks.prompt) : bodyOf(asks.body)
  // Re-written only where the command line says what the file does not.
  const text =
    'body' in asks && model === undefined
      ? asks.body
      : JSON.stringify({ ...(model === undefined ? {} : { model }), ...body, ...(model && { model }) })
  const endpoint = question.endpoint === undefined ? endpointOf(body) : endpointNamed(question.endpoint)
  const bytes = new TextEncoder().encode(text)
  const request = endpoint === 'messages' ? parseMessagesRequest(bytes) : parseModelRequest(endpoint, bytes)
  const headers = new Map(
    Object.entries({ 'x-trimtab-workflow': workflow, 'x-trimtab-tags': tags }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  )
  const labels = requestLabels(request, (name) => headers.get(name), [...headers.keys()])
  return {
    id: 'req_asked',
    at,
    request,
    principal: question.principal ?? principalOf(key),
    labels,
    headers: [],
  }
}

/** @throws Failure */
function endpointNamed(name: string): ModelEndpoint {
  const found = MODEL_ENDPOINTS.find((endpoint) => endpoint === name.replace(/^\/?(?:v1\/)?/, ''))
  if (found !== undefined) return found
  const message = `--endpoint must be one of ${MODEL_ENDPOINTS.join(', ')}, not "${name}".`
  throw new Failure('invalid_request', message)
}

/** What only one API has in a body, tells it; `--endpoint` says what a body leaves open. */
function endpointOf(body: Readonly<Record<string, unknown>>): ModelEndpoint {
  const { messages, input, prompt, model, system, tools } = body
  if (Array.isArray(messages)) {
    const isAnthropics = system !== undefined || hasType(messages.flatMap(contentOf)) || hasSchema(tools)
    return isAnthropics ? 'messages' : 'chat/completions'
  }
  if (input !== undefined) {
    const isEmbedded = /embed/i.test(String(model)) || 'encoding_format' in body || 'dimensions' in body
    return isEmbedded ? 'embeddings' : 'responses'
  }
  return prompt === undefined ? 'chat/completions' : 'completions'
}

const ANTHROPIC_BLOCKS: ReadonlySet<unknown> = new Set([
  'image',
  'document',
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
])

function contentOf(message: unknown): readonly unknown[] {
  return isObject(message) && Array.isArray(message.content) ? message.content : []
}

function hasType(parts: readonly unknown[]): boolean {
  return parts.some((part) => isObject(part) && ANTHROPIC_BLOCKS.has(part.type))
}

function hasSchema(tools: unknown): boolean {
  return Array.isArray(tools) && tools.some((tool) => isObject(tool) && 'input_schema' in tool)
}

function promptBody(prompt: string): Record<string, unknown> {
  return { model: 'auto', messages: [{ role: 'user', content: prompt }] }
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    if (isObject(body)) return { ...body }
  } catch {
    // The parser of requests says where it goes wrong.
    parseModelRequest('chat/completions', new TextEncoder().encode(text))
  }
  throw new Failure('invalid_request', 'The request must be a JSON object: the body that a caller sends.')
}

function principalOf(key: string | undefined): Principal {
  return {
    tenant: 'default',
    team: undefined,
    key: key === undefined ? undefined : { id: key, name: key },
    allowedModels: undefined,
    allowedWorkflows: undefined,
    credential: undefined,
  }
}
