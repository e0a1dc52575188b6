/** A request to OpenAI's Responses API → the chat request that means the same. */
import { Failure } from '../errors.ts'
import { isObject } from '../openai/is-object.ts'
import type { MessageOrigin } from './callers-path.ts'
import type { Converted } from './converted.ts'
import { Notes } from './converted.ts'
import { responsesInputAsMessages } from './responses-input-as-messages.ts'
import { responsesToolChoiceAsChat, responsesToolsAsChat } from './responses-tools-as-chat.ts'
import type { ToldItems } from './told-items.ts'

type Fields = Record<string, unknown>

/** What only a provider that remembers can do; each with what to do instead. */
const STATEFUL: Readonly<Record<string, string>> = {
  previous_response_id: 'send the earlier items in `input`',
  conversation: 'send the earlier items in `input`',
  prompt: 'send its text in `instructions` and `input`',
  background: 'leave `background` out and wait for the answer, or stream it',
}

/** Members with words of their own in chat; all others are handed on as they are. */
const CONVERTED = new Set([
  '__proto__',
  ...Object.keys(STATEFUL),
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'top_logprobs',
  'include',
  'store',
  'stream_options',
  'truncation',
  'max_tool_calls',
  'context_management',
  'client_metadata',
])

/**
 * Members that neither API knows, and those that both call the same, reach the target as the caller wrote them.
 * @param body as `parseResponsesRequest` found it
 * @param told what references among its items may lead to
 * @throws Failure `invalid_request` with `param` for what chat cannot say without changing the meaning
 */
export function responsesRequestAsChat(
  body: Readonly<Fields>,
  told?: Pick<ToldItems, 'find'> | undefined,
): Converted & { origins: readonly MessageOrigin[] } {
  for (const [name, instead] of Object.entries(STATEFUL)) refuse(body, name, instead)
  const notes = new Notes()
  const chat: Fields = {}
  for (const [name, value] of Object.entries(body)) if (!CONVERTED.has(name)) chat[name] = value
  const leading = instructions(body.instructions)
  const said = responsesInputAsMessages(body.input, notes, told)
  chat.messages = [...leading, ...said.messages]
  const origins = [...leading.map(() => OF_INSTRUCTIONS), ...said.origins]
  addTools(chat, body, notes)
  addText(chat, body.text)
  addReasoning(chat, body.reasoning, notes)
  addLogprobs(chat, body, notes)
  if (isSet(body.max_output_tokens)) chat.max_completion_tokens = body.max_output_tokens
  if (body.stream === true) chat.stream_options = { include_usage: true }
  noteRest(body, notes)
  return { body: chat, notes: notes.list(), origins }
}

function refuse(body: Readonly<Fields>, name: string, instead: string): void {
  const value = body[name]
  if (!isSet(value) || value === false) return
  throw new Failure(
    'invalid_request',
    `\`${name}\` needs a provider that keeps responses, and the target of this request keeps none: ${instead}.`,
    { param: name },
  )
}

const OF_INSTRUCTIONS: MessageOrigin = { at: 'instructions', content: 'instructions' }

/** `system`, because servers that know no Responses API often know no `developer` either. */
function instructions(text: unknown): Fields[] {
  return typeof text === 'string' && text !== '' ? [{ role: 'system', content: text }] : []
}

function addTools(chat: Fields, body: Readonly<Fields>, notes: Notes): void {
  const tools = responsesToolsAsChat(body.tools, notes)
  const choice = responsesToolChoiceAsChat(body.tool_choice)
  if (tools.length > 0) {
    chat.tools = tools
    if (isSet(body.parallel_tool_calls)) chat.parallel_tool_calls = body.parallel_tool_calls
  }
  // Without tools chat refuses a choice, which would say nothing anyway.
  const saysNothing = tools.length === 0 && (choice === 'auto' || choice === 'none')
  if (choice !== undefined && !saysNothing) chat.tool_choice = choice
}

function addText(chat: Fields, text: unknown): void {
  if (!isObject(text)) return
  if (isSet(text.verbosity)) chat.verbosity = text.verbosity
  const { format } = text
  if (!isObject(format) || format.type === 'text') return
  if (format.type === 'json_object') chat.response_format = { type: 'json_object' }
  else if (format.type === 'json_schema') {
    const { type: _, ...schema } = format
    chat.response_format = { type: 'json_schema', json_schema: schema }
  } else {
    throw new Failure(
      'invalid_request',
      'The target of this request knows no such answer format: use `text`, `json_object` or `json_schema`.',
      {
        param: 'text.format',
      },
    )
  }
}

function addReasoning(chat: Fields, reasoning: unknown, notes: Notes): void {
  if (!isObject(reasoning)) return
  if (isSet(reasoning.effort)) chat.reasoning_effort = reasoning.effort
  if (isSet(reasoning.summary ?? reasoning.generate_summary)) {
    notes.add(
      'reasoning.summary',
      'told as the reasoning itself where the target shows it, chat has no summaries.',
    )
  }
  for (const name of ['context', 'mode']) {
    if (isSet(reasoning[name])) notes.add(`reasoning.${name}`, 'left out, chat has nothing like it.')
  }
}

function addLogprobs(chat: Fields, body: Readonly<Fields>, notes: Notes): void {
  const include = Array.isArray(body.include) ? body.include : []
  const top = body.top_logprobs
  const wantsTop = typeof top === 'number' && top > 0
  if (wantsTop) chat.top_logprobs = top
  if (wantsTop || include.includes('message.output_text.logprobs')) chat.logprobs = true
  for (const name of include) {
    if (name === 'message.output_text.logprobs') continue
    notes.add(`include: ${name}`, 'left out, a chat target has no such output.')
  }
}

function noteRest(body: Readonly<Fields>, notes: Notes): void {
  if (body.store === true) notes.add('store', 'left out, the target keeps no responses.')
  if (body.truncation === 'auto') notes.add('truncation', 'left out, chat does not shorten its input.')
  if (isSet(body.max_tool_calls))
    notes.add('max_tool_calls', 'left out, it bounds built-in tools, and there are none.')
  if (isSet(body.context_management))
    notes.add('context_management', 'left out, chat does not compact its input.')
  if (isSet(body.client_metadata)) notes.add('client_metadata', 'left out, chat has nothing like it.')
  const options = isObject(body.stream_options) ? body.stream_options : {}
  if (options.include_obfuscation === true) {
    notes.add('stream_options.include_obfuscation', 'left out, converted events are not obfuscated.')
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}
