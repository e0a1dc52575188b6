/** What an assistant says in a chat message → Anthropic's content blocks. */
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'
import { extraMembers, extrasOfPart, TEXT_EXTRAS, TOOL_USE_EXTRAS } from './extra-members.ts'
import { sameJson } from './same-json.ts'
import { inputOfArguments } from './tool-arguments.ts'

/** Thinking first, then text, then calls; in the order of `content_blocks` where these say the same. */
export function blocksOfAssistant(message: Fields): Fields[] {
  const told = [...thinkingOf(message), ...textsOf(message), ...callsOf(message)]
  const carried = Array.isArray(message.content_blocks) ? message.content_blocks.filter(isObject) : []
  return carried.length > 0 && saysTheSame(carried, told) ? carried : told
}

/** An answer's reasoning that has no signature: Anthropic's clients show it, its API does not take it back. */
export function unsignedThinking(message: Fields): Fields | undefined {
  if (thinkingOf(message).length > 0) return undefined
  const reasoning = reasoningOf(message)
  return reasoning === '' ? undefined : { type: 'thinking', thinking: reasoning, signature: '' }
}

/** Under either of the names that servers give it, or as parts of the content. */
export function reasoningOf({ reasoning_content, reasoning, content }: Fields): string {
  if (typeof reasoning_content === 'string' && reasoning_content !== '') return reasoning_content
  if (typeof reasoning === 'string') return reasoning
  return Array.isArray(content) ? content.filter(isObject).map(thinkingText).join('') : ''
}

/** Text of a message or a delta, whose content may be text or parts. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .filter(isObject)
    .map(({ text, refusal }) =>
      typeof text === 'string' ? text : typeof refusal === 'string' ? refusal : '',
    )
    .join('')
}

/** Mistral's parts: `{type: 'thinking', thinking: [{type: 'text', text}]}`. */
function thinkingText({ type, thinking }: Fields): string {
  return type === 'thinking' ? textOfContent(thinking) : ''
}

function thinkingOf({ thinking_blocks }: Fields): Fields[] {
  return Array.isArray(thinking_blocks) ? thinking_blocks.filter(isThinkingBlock) : []
}

function isThinkingBlock(block: unknown): block is Fields {
  if (!isObject(block)) return false
  if (block.type === 'redacted_thinking') return typeof block.data === 'string'
  return block.type === 'thinking' && typeof block.thinking === 'string'
}

function textsOf({ content }: Fields): Fields[] {
  if (!Array.isArray(content)) {
    return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : []
  }
  return content.filter(isObject).flatMap((part) => {
    const text = textOfContent([part])
    return text === '' ? [] : [{ type: 'text', text, ...extrasOfPart(part, TEXT_EXTRAS) }]
  })
}

function callsOf({ tool_calls }: Fields): Fields[] {
  if (!Array.isArray(tool_calls)) return []
  return tool_calls.filter(isObject).map((call) => {
    const { id, custom } = call
    const called = isObject(call.function) ? call.function : {}
    const input = isObject(custom) ? { input: custom.input } : inputOfArguments(called.arguments)
    const name = isObject(custom) ? custom.name : called.name
    return { type: 'tool_use', id, name, input, ...extraMembers(call, TOOL_USE_EXTRAS) }
  })
}

/** A caller may have edited the message and sent back blocks of before. */
function saysTheSame(carried: readonly Fields[], told: readonly Fields[]): boolean {
  return (
    plainText(carried) === plainText(told) &&
    sameJson(carried.filter(isCall).map(callFacts), told.filter(isCall).map(callFacts))
  )
}

function plainText(blocks: readonly Fields[]): string {
  return blocks.map(({ type, text }) => (type === 'text' && typeof text === 'string' ? text : '')).join('')
}

function isCall({ type }: Fields): boolean {
  return type === 'tool_use'
}

function callFacts({ id, name, input }: Fields): unknown[] {
  return [id, name, input]
}
