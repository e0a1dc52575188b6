/** The messages of a chat request → Anthropic's system prompt and turns. */
import { isObject } from '../openai/is-object.ts'
import { isSystemRole } from '../openai/turns-of.ts'
import { blocksOfAssistant, reasoningOf } from './assistant-blocks.ts'
import { chatPartAsBlock } from './chat-part-as-block.ts'
import { cannotSay, type Fields, type Notes } from './converted.ts'
import { extraMembers, TOOL_RESULT_EXTRAS } from './extra-members.ts'
import { ToolIds } from './tool-ids.ts'
import { placeInResult, Turns } from './turns.ts'

export interface Conversation {
  system: string | Fields[] | undefined
  messages: Fields[]
}

/**
 * Messages of one side after another become one turn, results of tools the first part of the next user turn.
 * @param systemWithin whether the model takes system messages where they stand; else they go to the beginning
 * @throws Failure `invalid_request` for what Anthropic's API cannot be told
 */
export function chatMessagesAsTurns(
  messages: readonly unknown[],
  systemWithin: boolean,
  notes: Notes,
): Conversation {
  const system: Fields[] = []
  const turns = new Turns()
  const ids = new ToolIds()
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`
    if (!isObject(message)) throw cannotSay(param, 'a message is an object with a role.')
    if (typeof message.name === 'string') notes.add('messages[].name', "left out, Anthropic's API has none.")
    if (!isSystemRole(message.role)) {
      addTurn(turns, message, param, ids, notes)
      continue
    }
    const blocks = partsOf(message.content, param, notes)
    if (!turns.isEmpty && systemWithin && mayStand(messages, index)) {
      turns.add('system', blocks)
      continue
    }
    if (!turns.isEmpty) notes.add(param, 'moved to the beginning, where Anthropic has its system prompt.')
    system.push(...blocks)
  }
  if (turns.isEmpty)
    throw cannotSay('messages', 'there is no message with content besides the system prompt.')
  return { system: systemOf(system), messages: turns.list(notes) }
}

function addTurn(turns: Turns, message: Fields, param: string, ids: ToolIds, notes: Notes): void {
  switch (message.role) {
    case 'user':
      return addUser(turns, message, param, ids, notes)
    case 'assistant':
      return turns.add('assistant', assistantBlocks(message, param, ids, notes))
    case 'tool':
      return turns.add('user', [toolResult(message, param, ids, notes)])
    default:
      throw cannotSay(param, `Anthropic's API has no role ${JSON.stringify(message.role ?? null)}.`)
  }
}

/** A system message stands after the user's turn, and before the assistant's or at the end. */
function mayStand(messages: readonly unknown[], index: number): boolean {
  const before = roleOf(messages[index - 1])
  const after = roleOf(messages[index + 1])
  return (before === 'user' || before === 'tool') && (after === 'assistant' || after === undefined)
}

function roleOf(message: unknown): unknown {
  return isObject(message) ? message.role : undefined
}

function partsOf(content: unknown, param: string, notes: Notes): Fields[] {
  if (content === null || content === undefined || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw cannotSay(`${param}.content`, 'content is a text or a list of parts.')
  const parts: readonly unknown[] = content
  return parts.flatMap<Fields>(
    (part, index) => chatPartAsBlock(part, `${param}.content[${index}]`, notes) ?? [],
  )
}

/** Parts that a tool's result was relieved of go back into it. */
function addUser(turns: Turns, message: Fields, param: string, ids: ToolIds, notes: Notes): void {
  const { content } = message
  if (!Array.isArray(content)) return turns.add('user', partsOf(content, param, notes))
  const own: Fields[] = []
  content.forEach((part, index) => {
    const block = chatPartAsBlock(part, `${param}.content[${index}]`, notes)
    if (block === undefined) return
    const origin = isObject(part) && isObject(part.tool_result) ? part.tool_result : undefined
    const result = origin && turns.toolResult(ids.say(origin.tool_call_id))
    if (origin === undefined || result === undefined) own.push(block)
    // Without a place it is the sentence that led in those parts.
    else if (typeof origin.index === 'number') placeInResult(result, block, origin.index)
  })
  turns.add('user', own)
}

function assistantBlocks(message: Fields, param: string, ids: ToolIds, notes: Notes): Fields[] {
  if (isObject(message.function_call)) {
    throw cannotSay(`${param}.function_call`, 'send tool_calls, which took its place.')
  }
  if (isObject(message.audio)) throw cannotSay(`${param}.audio`, "Anthropic's API knows no audio.")
  const blocks = blocksOfAssistant(message).filter((block) => !isUnsigned(block))
  const hasThinking = blocks.some(({ type }) => type === 'thinking' || type === 'redacted_thinking')
  if (!hasThinking && reasoningOf(message) !== '') {
    notes.add(
      'messages[].reasoning_content',
      'left out, Anthropic takes thinking back only with its signature.',
    )
  }
  if (blocks.length === 0 && typeof message.refusal === 'string' && message.refusal !== '') {
    return [{ type: 'text', text: message.refusal }]
  }
  return blocks.map((block) => (block.type === 'tool_use' ? { ...block, id: ids.say(block.id) } : block))
}

function isUnsigned({ type, signature }: Fields): boolean {
  return type === 'thinking' && (typeof signature !== 'string' || signature === '')
}

function toolResult(message: Fields, param: string, ids: ToolIds, notes: Notes): Fields {
  const { content } = message
  return {
    type: 'tool_result',
    tool_use_id: ids.say(message.tool_call_id),
    content: Array.isArray(content) ? partsOf(content, param, notes) : (content ?? ''),
    ...extraMembers(message, TOOL_RESULT_EXTRAS),
  }
}

function systemOf(blocks: Fields[]): string | Fields[] | undefined {
  const [only] = blocks
  if (only === undefined) return undefined
  return blocks.length === 1 && Object.keys(only).length === 2 ? String(only.text) : blocks
}
