/** What an assistant says in Anthropic's content blocks → the members of a chat message. */
import { isObject } from '../openai/is-object.ts'
import { blocksOfAssistant } from './assistant-blocks.ts'
import type { Fields } from './converted.ts'
import { extraMembers, TEXT_EXTRAS, TOOL_USE_EXTRAS } from './extra-members.ts'
import { sameJson } from './same-json.ts'
import { argumentsOfInput } from './tool-arguments.ts'

/**
 * `content`, and where there is any `reasoning_content`, `thinking_blocks` (LiteLLM's name for thinking with its
 * signature) and `tool_calls`. Where these do not tell everything, for instance that thinking stood between two calls,
 * `content_blocks` has the blocks as they came: Anthropic takes thinking back only unchanged and in its place.
 * @param form an answer's content is text; a request's may be parts, which keep what is marked on them
 */
export function assistantAsChat(content: unknown, form: 'answer' | 'request'): Fields {
  if (typeof content === 'string') return { content: content === '' ? null : content }
  const blocks = Array.isArray(content) ? content.filter(isObject).map(essential).filter(isSaid) : []
  const said = membersOf(blocks, form)
  const rebuilt = blocksOfAssistant(said)
  return sameJson(rebuilt, blocks) ? said : { ...said, content_blocks: blocks }
}

function membersOf(blocks: readonly Fields[], form: 'answer' | 'request'): Fields {
  const texts = blocks.filter((block) => block.type === 'text')
  const thinking = blocks.filter(isThinking)
  const calls = blocks.filter((block) => block.type === 'tool_use')
  const said: Fields = { content: form === 'answer' ? joined(texts) : contentOf(texts) }
  const reasoning = thinking
    .map((block) => (typeof block.thinking === 'string' ? block.thinking : ''))
    .join('')
  if (reasoning !== '') said.reasoning_content = reasoning
  if (thinking.length > 0) said.thinking_blocks = thinking
  if (calls.length > 0) said.tool_calls = calls.map(toolCall)
  return said
}

function joined(texts: readonly Fields[]): string | null {
  return texts.map(({ text }) => text).join('') || null
}

function contentOf(texts: readonly Fields[]): unknown {
  const parts = texts.map(({ text, ...rest }) => ({ type: 'text', text, ...extraMembers(rest, TEXT_EXTRAS) }))
  const [only] = parts
  if (only === undefined) return null
  return parts.length === 1 && Object.keys(only).length === 2 ? only.text : parts
}

function toolCall({ id, name, input, ...rest }: Fields): Fields {
  return {
    id,
    type: 'function',
    function: { name, arguments: argumentsOfInput(input) },
    ...extraMembers(rest, TOOL_USE_EXTRAS),
  }
}

/** Without the members that say nothing, as answers carry them. */
function essential(block: Fields): Fields {
  const kept: Fields = {}
  for (const [name, value] of Object.entries(block)) {
    if (value === null || value === undefined || name === '__proto__') continue
    if (name === 'caller' && isObject(value) && value.type === 'direct') continue
    kept[name] = value
  }
  return kept
}

function isThinking({ type }: Fields): boolean {
  return type === 'thinking' || type === 'redacted_thinking'
}

/** The API refuses empty texts. */
function isSaid(block: Fields): boolean {
  return block.type !== 'text' || block.text !== ''
}
