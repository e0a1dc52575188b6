/** The request that a command asks about, made as a caller would make it: a prompt, or a whole body. */
import type { Principal } from '../access/principal.ts'
import { Failure } from '../errors.ts'
import type { Incoming } from '../gateway/journey.ts'
import { requestLabels } from '../http/request-labels.ts'
import { isObject } from '../openai/is-object.ts'
import { parseModelRequest } from '../openai/parse-model-request.ts'

export interface RequestQuestion {
  /** A prompt, or the JSON of a request's body. */
  asks: { prompt: string } | { body: string }
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
  const endpoint = body.messages === undefined && body.input !== undefined ? 'embeddings' : 'chat/completions'
  const request = parseModelRequest(endpoint, new TextEncoder().encode(text))
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
