/** Where the caller wrote what a conversion says elsewhere: paths in the other API's request → paths in the caller's. */
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'

/** Both in OpenAI's notation, `messages[0].content[1]`; what is said alike in both APIs is its own path. */
export type CallersPath = (path: string) => string

/** Where a chat message came from. */
export interface MessageOrigin {
  at: string
  content: string
  /** Of parts that do not lie side by side. */
  parts?: readonly string[]
  calls?: readonly string[]
}

/** @param body of the caller, for the Responses API; @param origins of the chat request's messages */
export function pathByResponses(body: Readonly<Fields>, origins: readonly MessageOrigin[]): CallersPath {
  const top = typeof body.top_logprobs === 'number' && body.top_logprobs > 0
  const names: Names = {
    max_completion_tokens: 'max_output_tokens',
    max_tokens: 'max_output_tokens',
    response_format: 'text.format',
    reasoning_effort: 'reasoning.effort',
    verbosity: 'text.verbosity',
    logprobs: top ? 'top_logprobs' : 'include',
    stream_options: 'stream',
  }
  return (path) => {
    const [member, rest] = split(path)
    if (member === 'messages') return originOf(rest, origins)
    // Functions are nested one level deeper in chat.
    return member === 'tools' ? path.replace(/^(tools\[\d+\])\.function\b/, '$1') : (names[member] ?? path)
  }
}

/** @param body of the caller, for Anthropic's API */
export function pathByMessages(body: Readonly<Fields>): CallersPath {
  const config = isObject(body.output_config) ? body.output_config : {}
  const names: Names = {
    // Turns and the system prompt become other messages.
    messages: 'messages',
    max_completion_tokens: 'max_tokens',
    stop: 'stop_sequences',
    response_format: config.format === undefined ? 'output_format' : 'output_config.format',
    reasoning_effort: config.effort === undefined ? 'thinking' : 'output_config.effort',
    user: 'metadata.user_id',
    parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
    stream_options: 'stream',
  }
  return (path) => {
    const [member] = split(path)
    if (member === 'tools')
      return path.replace(/\.function\.parameters\b/, '.input_schema').replace('.function', '')
    return names[member] ?? path
  }
}

/** @param body of the caller, for chat */
export function pathByChat(body: Readonly<Fields>): CallersPath {
  const thinking = isObject(body.thinking) ? 'thinking' : 'reasoning_effort'
  const names: Names = {
    // Instructions leave the messages, and neighbours of one side become one turn.
    messages: 'messages',
    system: 'messages',
    max_tokens: isSet(body.max_completion_tokens) ? 'max_completion_tokens' : 'max_tokens',
    stop_sequences: 'stop',
    thinking,
    metadata: isSet(body.user) ? 'user' : 'safety_identifier',
  }
  return (path) => {
    const [member, rest] = split(path)
    if (member === 'output_config') return rest.startsWith('.format') ? 'response_format' : thinking
    if (member === 'tools') {
      return path.replace(/^(tools\[\d+\])(?:\.custom)?\.input_schema\b/, '$1.function.parameters')
    }
    return names[member] ?? path
  }
}

type Names = Readonly<Record<string, string | undefined>>

/** The member of the request, and what is within it. */
function split(path: string): [member: string, rest: string] {
  const [member = ''] = /^\w+/.exec(path) ?? []
  return [member, path.slice(member.length)]
}

function originOf(rest: string, origins: readonly MessageOrigin[]): string {
  const [, index, content, part, call] =
    /^\[(\d+)\](?:(\.content)(?:\[(\d+)\])?|\.tool_calls\[(\d+)\])?/.exec(rest) ?? []
  const origin = index === undefined ? undefined : origins[Number(index)]
  if (origin === undefined) return 'input'
  if (call !== undefined) return origin.calls?.[Number(call)] ?? origin.at
  if (part === undefined) return content === undefined ? origin.at : origin.content
  return origin.parts === undefined
    ? `${origin.content}[${part}]`
    : (origin.parts[Number(part)] ?? origin.content)
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}
