/** A messages request → the chat request that asks the same of an OpenAI-compatible API. */
import { isObject } from '../openai/is-object.ts'
import { type Converted, cannotSay, type Fields, Notes } from './converted.ts'
import { messagesToolsAsChat } from './messages-tools-as-chat.ts'
import { effortOfBudget } from './thinking-budget.ts'
import { systemMessage, turnAsChatMessages } from './turn-as-chat-messages.ts'

export interface MessagesRequestAsChatOptions {
  /** The provider's name for the bound of an answer. */
  maxTokensMember?: 'max_tokens' | 'max_completion_tokens'
}

/** `stream_options` is what chat needs to tell its usage in a stream, as Anthropic always does. */
const HANDLED = new Set(
  `model messages system max_tokens stop_sequences stream temperature top_p top_k metadata tools tool_choice thinking
  output_config output_format service_tier cache_control container mcp_servers inference_geo anthropic_version
  anthropic_beta betas`.split(/\s+/),
)

const MOST_USER_CHARACTERS = 64

/** @throws Failure `invalid_request` with `param` for what a chat model cannot be asked */
export function messagesRequestAsChat(body: Fields, options: MessagesRequestAsChatOptions = {}): Converted {
  refuse(body)
  const notes = new Notes()
  const system = systemMessage(body.system, notes)
  const turns = Array.isArray(body.messages) ? body.messages : []
  const messages = turns.flatMap((turn: unknown, index) =>
    turnAsChatMessages(turn, `messages[${index}]`, notes),
  )
  const said: Fields = {
    model: body.model,
    messages: system === undefined ? messages : [system, ...messages],
  }
  if (typeof body.max_tokens === 'number') {
    said[options.maxTokensMember ?? 'max_completion_tokens'] = body.max_tokens
  }
  Object.assign(said, messagesToolsAsChat(body), outputOf(body), thinkingOf(body), stopOf(body), tierOf(body))
  for (const name of ['temperature', 'top_p', 'top_k']) {
    if (typeof body[name] === 'number') said[name] = body[name]
  }
  const user = userOf(body, notes)
  if (user !== undefined) said.user = user
  if (isObject(body.cache_control)) said.cache_control = body.cache_control
  if (typeof body.stream === 'boolean') said.stream = body.stream
  if (body.stream === true) said.stream_options = { include_usage: true }
  for (const [name, value] of Object.entries(body)) {
    if (!HANDLED.has(name) && value !== null) notes.add(name, 'left out, a chat model has none.')
  }
  return { body: said, notes: notes.list() }
}

/** What would change where a request is worked on, or what can be done for it, is not dropped in silence. */
function refuse({ container, mcp_servers, inference_geo, max_tokens }: Fields): void {
  if (container !== undefined && container !== null) {
    throw cannotSay('container', "only Anthropic's models have one.")
  }
  if (Array.isArray(mcp_servers) && mcp_servers.length > 0) {
    throw cannotSay('mcp_servers', 'only Anthropic calls them itself.')
  }
  if (typeof inference_geo === 'string') {
    throw cannotSay('inference_geo', 'a chat provider cannot be told where to work.')
  }
  if (max_tokens === 0)
    throw cannotSay('max_tokens', "0 fills Anthropic's prompt cache and asks for no answer.")
}

function outputOf({ output_config, output_format }: Fields): Fields {
  const config = isObject(output_config) ? output_config : {}
  const format = isObject(config.format) ? config.format : output_format
  const said: Fields = {}
  if (isObject(format) && format.type === 'json_schema') {
    said.response_format = {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: format.schema, strict: true },
    }
  }
  if (typeof config.effort === 'string') said.reasoning_effort = config.effort
  return said
}

/** `thinking` stays beside its effort, as LiteLLM and others take it in chat. */
function thinkingOf({ thinking, output_config }: Fields): Fields {
  if (!isObject(thinking)) return {}
  const stated = isObject(output_config) && typeof output_config.effort === 'string'
  if (thinking.type === 'disabled' || thinking.type === 'between_tools') {
    return { reasoning_effort: 'none', thinking }
  }
  if (stated || typeof thinking.budget_tokens !== 'number') return { thinking }
  return { reasoning_effort: effortOfBudget(thinking.budget_tokens), thinking }
}

function stopOf({ stop_sequences: stop }: Fields): Fields {
  return Array.isArray(stop) && stop.length > 0 ? { stop } : {}
}

function tierOf({ service_tier: tier }: Fields): Fields {
  if (tier === 'auto') return { service_tier: 'auto' }
  return tier === 'standard_only' ? { service_tier: 'default' } : {}
}

/** OpenAI takes 64 characters; Claude Code sends more. */
function userOf({ metadata }: Fields, notes: Notes): string | undefined {
  const user = isObject(metadata) ? metadata.user_id : undefined
  if (typeof user !== 'string' || user === '') return undefined
  if (user.length <= MOST_USER_CHARACTERS) return user
  notes.add('metadata.user_id', `cut to its first ${MOST_USER_CHARACTERS} characters.`)
  return user.slice(0, MOST_USER_CHARACTERS)
}
