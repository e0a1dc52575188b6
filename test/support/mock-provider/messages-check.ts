/** Refuses what Anthropic's messages API refuses, in its words and envelope. */
import { isFields } from './chat-answer.ts'
import type { Strictness } from './check-request.ts'
import type { SeenRequest } from './seen-request.ts'

export interface MessagesRefusal {
  status: number
  type: string
  message: string
}

type Body = Readonly<Record<string, unknown>>

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

/** Any other member is refused. */
const MEMBERS = new Set(
  'model messages max_tokens system tools tool_choice thinking temperature top_p top_k stop_sequences stream metadata service_tier output_config output_format context_management mcp_servers container cache_control inference_geo speed'.split(
    ' ',
  ),
)

export function messagesError(status: number, message: string): MessagesRefusal {
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  return { status, type, message }
}

export function messagesEnvelope({ type, message }: MessagesRefusal, requestId: string): string {
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId })
}

/** A key comes in `x-api-key`, or as a bearer as its SDK for Node sends it; a subscription's bearer needs its beta header. */
export function checkMessagesKey(
  { headers }: SeenRequest,
  { apiKey }: Strictness,
): MessagesRefusal | undefined {
  if (apiKey === undefined || headers['x-api-key'] === apiKey) return undefined
  if (headers['x-api-key'] !== undefined) return messagesError(401, 'invalid x-api-key')
  const bearer = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1]
  if (bearer === undefined) return messagesError(401, 'x-api-key header is required')
  if (bearer === apiKey) return undefined
  if (!bearer.startsWith('sk-ant-oat')) return messagesError(401, 'Invalid bearer token')
  const isTold = String(headers['anthropic-beta'] ?? '').includes('oauth-2025-04-20')
  return isTold ? undefined : messagesError(401, 'OAuth authentication is currently not supported.')
}

export function checkMessages(
  { body, headers }: SeenRequest,
  { models }: Strictness,
  counts: boolean,
): MessagesRefusal | undefined {
  if (headers['anthropic-version'] === undefined) return bad('anthropic-version: header is required')
  if (body === undefined) return bad('The request body is not valid JSON.')
  if (typeof body.model !== 'string') return bad('model: Field required')
  if (!counts && body.max_tokens === undefined) return bad('max_tokens: Field required')
  if (!counts && Number(body.max_tokens) < 1) return bad('max_tokens: must be greater than or equal to 1')
  if (body.messages === undefined) return bad('messages: Field required')
  if (!Array.isArray(body.messages)) return bad('messages: Input should be a valid list')
  if (body.messages.length === 0) return bad('messages: at least one message is required')
  const unknown = Object.keys(body).find((name) => !MEMBERS.has(name))
  if (unknown !== undefined) return bad(`${unknown}: Extra inputs are not permitted`)
  if (models && !models.includes(body.model)) return messagesError(404, `model: ${body.model}`)
  return checkSampling(body) ?? checkTools(body) ?? checkTurns(body.messages)
}

function checkSampling({ temperature, thinking, max_tokens }: Body): MessagesRefusal | undefined {
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 1)) {
    return bad('temperature: range: 0..1')
  }
  if (!isFields(thinking) || thinking.type === 'disabled') return undefined
  if (typeof temperature === 'number' && temperature !== 1) {
    return bad('`temperature` may only be set to 1 when thinking is enabled.')
  }
  if (thinking.type !== 'enabled') return undefined
  const budget = Number(thinking.budget_tokens)
  if (!(budget >= 1024)) {
    return bad('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  }
  return max_tokens === undefined || budget < Number(max_tokens)
    ? undefined
    : bad('`max_tokens` must be greater than `thinking.budget_tokens`.')
}

function checkTools({ tools, tool_choice }: Body): MessagesRefusal | undefined {
  if (tools === undefined) {
    return tool_choice === undefined
      ? undefined
      : bad('tool_choice may only be specified while providing tools.')
  }
  if (!Array.isArray(tools)) return bad('tools: Input should be a valid list')
  for (const [index, tool] of tools.entries()) {
    const where = `tools.${index}`
    if (!isFields(tool)) return bad(`${where}: Input should be a valid dictionary`)
    if (tool.type !== undefined && tool.type !== 'custom') continue
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name ?? ''))) {
      return bad(`${where}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
    }
    if (!isFields(tool.input_schema) || tool.input_schema.type !== 'object') {
      return bad(`${where}.custom.input_schema.type: Field required`)
    }
  }
  return undefined
}

function checkTurns(messages: readonly unknown[]): MessagesRefusal | undefined {
  let open: readonly unknown[] = []
  for (const [index, message] of messages.entries()) {
    if (!isFields(message)) return bad(`messages.${index}: Input should be a valid dictionary`)
    const { role, content } = message
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      return bad(`messages: Unexpected role "${role}". Allowed roles are "user" or "assistant"`)
    }
    const blocks = Array.isArray(content) ? content.filter(isFields) : []
    if (blocks.some(({ type, text }) => type === 'text' && text === '')) {
      return bad('messages: text content blocks must be non-empty')
    }
    const results = blocks.filter(({ type }) => type === 'tool_result').map((block) => block.tool_use_id)
    const lost = open.filter((id) => !results.includes(id))
    if (lost.length > 0) {
      return bad(
        `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${lost.join(', ')}.`,
      )
    }
    const stray = results.find((id) => !open.includes(id))
    if (stray !== undefined) {
      return bad(
        `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}.`,
      )
    }
    open = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id)
  }
  return undefined
}

function bad(message: string): MessagesRefusal {
  return messagesError(400, message)
}
