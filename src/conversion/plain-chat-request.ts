/** A chat request without the members that only trimtab's own conversions read, for providers that refuse what they don't know. */
import { isObject } from '../openai/is-object.ts'
import { type Converted, type Fields, Notes } from './converted.ts'
import {
  DOCUMENT_EXTRAS,
  IMAGE_EXTRAS,
  TOOL_EXTRAS,
  TOOL_RESULT_EXTRAS,
  TOOL_USE_EXTRAS,
} from './extra-members.ts'
import { systemContent } from './system-content.ts'

const OF_PARTS = new Set<string>([...DOCUMENT_EXTRAS, ...IMAGE_EXTRAS, 'document', 'tool_result'])
const OF_MESSAGES = new Set<string>([...TOOL_RESULT_EXTRAS, 'thinking_blocks', 'content_blocks'])
const OF_CALLS = new Set<string>(TOOL_USE_EXTRAS)
const OF_TOOLS = new Set<string>(TOOL_EXTRAS)
const OF_BODY = new Set(['cache_control', 'thinking', 'top_k'])
/** Members that only place something: whoever is told the rest misses nothing. */
const SILENT = new Set(['tool_result', 'document', 'caller', 'thinking'])

export interface PlainChatOptions {
  /** Some models want their reasoning of before back, DeepSeek's for instance; others refuse it. */
  keepReasoning: boolean
}

/** @param body as `messagesRequestAsChat` makes it; it is not changed */
export function plainChatRequest(body: Fields, { keepReasoning }: PlainChatOptions): Converted {
  const notes = new Notes()
  const ofMessages = keepReasoning ? OF_MESSAGES : new Set([...OF_MESSAGES, 'reasoning_content'])
  const said = without(body, OF_BODY, '', notes)
  if (Array.isArray(said.messages)) {
    said.messages = said.messages.map((message) => plainMessage(message, ofMessages, notes))
  }
  if (Array.isArray(said.tools)) {
    said.tools = said.tools.map((tool) =>
      isObject(tool) ? without(tool, OF_TOOLS, 'tools[].', notes) : tool,
    )
  }
  return { body: said, notes: notes.list() }
}

function plainMessage(message: unknown, names: ReadonlySet<string>, notes: Notes): unknown {
  if (!isObject(message)) return message
  const said = without(message, names, 'messages[].', notes)
  if (Array.isArray(said.content)) {
    const parts = said.content.map((part) =>
      isObject(part) ? without(part, OF_PARTS, 'messages[].content[].', notes) : part,
    )
    said.content = said.role === 'system' && parts.every(isObject) ? systemContent(parts) : parts
  }
  if (Array.isArray(said.tool_calls)) {
    said.tool_calls = said.tool_calls.map((call) =>
      isObject(call) ? without(call, OF_CALLS, 'messages[].tool_calls[].', notes) : call,
    )
  }
  return said
}

function without(fields: Fields, names: ReadonlySet<string>, path: string, notes: Notes): Fields {
  const kept: Fields = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!names.has(name)) kept[name] = value
    else if (!SILENT.has(name)) notes.add(`${path}${name}`, 'left out, this provider has none.')
  }
  return kept
}
