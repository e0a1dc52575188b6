/** One turn of a messages request → chat messages: results of tools first, each in a message of its own. */
import { isObject } from '../openai/is-object.ts'
import { assistantAsChat } from './assistant-as-chat.ts'
import { blockAsChatParts } from './block-as-chat-parts.ts'
import { cannotSay, type Fields, type Notes } from './converted.ts'
import { extraMembers, TOOL_RESULT_EXTRAS } from './extra-members.ts'
import { systemContent } from './system-content.ts'

/** @throws Failure `invalid_request` for what a chat model cannot be told */
export function turnAsChatMessages(turn: unknown, param: string, notes: Notes): Fields[] {
  if (!isObject(turn)) throw cannotSay(param, 'a message is an object with a role.')
  switch (turn.role) {
    case 'user':
      return userMessages(turn.content, param, notes)
    case 'assistant':
      return [assistantMessage(turn.content, param)]
    case 'system':
      return [{ role: 'system', content: contentOfSystem(turn.content, param, notes) }]
    default:
      throw cannotSay(
        param,
        `the role is user, assistant or system, not ${JSON.stringify(turn.role ?? null)}.`,
      )
  }
}

/** A system prompt as one message; undefined where there is none. */
export function systemMessage(system: unknown, notes: Notes): Fields | undefined {
  if (system === undefined || system === null || system === '') return undefined
  if (Array.isArray(system) && system.length === 0) return undefined
  return { role: 'system', content: contentOfSystem(system, 'system', notes) }
}

function contentOfSystem(content: unknown, param: string, notes: Notes): unknown {
  if (typeof content === 'string') return content
  const parts = listOf(content).flatMap((block, index) =>
    blockAsChatParts(block, `${param}[${index}]`, notes),
  )
  return systemContent(parts)
}

/** Blocks of tools that run at Anthropic stay in `content_blocks` and are not said to a chat model. */
function assistantMessage(content: unknown, param: string): Fields {
  if (typeof content !== 'string' && !Array.isArray(content)) {
    throw cannotSay(`${param}.content`, 'content is a text or a list of blocks.')
  }
  const said: Fields = { role: 'assistant', ...assistantAsChat(content, 'request') }
  // Chat servers take null where there are calls.
  if (said.content === null && said.tool_calls === undefined) said.content = ''
  return said
}

function userMessages(content: unknown, param: string, notes: Notes): Fields[] {
  if (typeof content === 'string') return [{ role: 'user', content }]
  if (!Array.isArray(content)) throw cannotSay(`${param}.content`, 'content is a text or a list of blocks.')
  const results: Fields[] = []
  const parts: Fields[] = []
  content.forEach((block: unknown, index) => {
    const at = `${param}.content[${index}]`
    if (isObject(block) && block.type === 'tool_result') {
      const { message, besides } = toolMessage(block, at, notes)
      results.push(message)
      parts.push(...besides)
    } else parts.push(...blockAsChatParts(block, at, notes))
  })
  return parts.length === 0 ? results : [...results, { role: 'user', content: parts }]
}

interface ToolMessage {
  message: Fields
  /** Parts for the user's message: a chat model takes text alone from a tool. */
  besides: Fields[]
}

function toolMessage(result: Fields, param: string, notes: Notes): ToolMessage {
  const { tool_use_id: id, content } = result
  const message: Fields = { role: 'tool', tool_call_id: id, content: '' }
  Object.assign(message, extraMembers(result, TOOL_RESULT_EXTRAS))
  if (!Array.isArray(content)) return { message: { ...message, content: content ?? '' }, besides: [] }
  const said = content.flatMap((block: unknown, index) =>
    blockAsChatParts(block, `${param}.content[${index}]`, notes).map((part) => ({ part, index })),
  )
  const texts = said.filter(({ part }) => isPlainText(part)).map(({ part }) => part)
  const besides = said
    .filter(({ part }) => !isPlainText(part))
    .map(({ part, index }) => ({ ...part, tool_result: { tool_call_id: id, index } }))
  if (texts.length > 0) message.content = texts
  if (besides.length > 0) besides.unshift(introduction(id) as (typeof besides)[number])
  return { message, besides }
}

function isPlainText(part: Fields): boolean {
  return part.type === 'text' && part.document === undefined
}

/** Tells the model what follows; without an index it is not part of the result. */
function introduction(id: unknown): Fields {
  return {
    type: 'text',
    text: `Content that the tool call ${String(id)} returned:`,
    tool_result: { tool_call_id: id },
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
