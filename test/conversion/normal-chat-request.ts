/** A chat request in one of the forms that mean the same. */
import type { Fields } from './arbitrary-values.ts'

export function normalChatRequest(body: Fields): Fields {
  const normal: Fields = { ...body, messages: normalMessages(body.messages as Fields[]) }
  // How it was said to Anthropic travels beside the effort.
  if (normal.reasoning_effort !== undefined) delete normal.thinking
  delete normal.stream_options
  if (typeof normal.stop === 'string') normal.stop = [normal.stop]
  if (normal.tool_choice === 'auto') delete normal.tool_choice
  // Where no tool may be called, whether several may says nothing.
  if (normal.parallel_tool_calls === true || normal.tool_choice === 'none') delete normal.parallel_tool_calls
  return normal
}

/** Content as parts, neighbours of one side as one, whoever gives instructions as `system`. */
function normalMessages(messages: readonly Fields[]): Fields[] {
  const normal: Fields[] = []
  for (const message of messages) {
    const role = message.role === 'developer' ? 'system' : message.role
    const said: Fields = { ...message, role, content: parts(message.content) }
    // It repeats the thinking blocks.
    if (said.thinking_blocks !== undefined) delete said.reasoning_content
    if (Array.isArray(said.tool_calls)) said.tool_calls = said.tool_calls.map(normalCall)
    const last = normal.at(-1)
    if (last !== undefined && last.role === role && (role === 'user' || role === 'system')) {
      last.content = [...(last.content as Fields[]), ...(said.content as Fields[])]
    } else normal.push(said)
  }
  return normal.map((message) => (message.role === 'system' ? joined(message) : message))
}

/** Instructions without marks are one text. */
function joined(message: Fields): Fields {
  const content = message.content as Fields[]
  if (content.length === 0 || content.some((part) => Object.keys(part).length > 2)) return message
  return { ...message, content: [{ type: 'text', text: content.map(({ text }) => text).join('\n\n') }] }
}

function parts(content: unknown): unknown {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return content ?? []
}

function normalCall(call: Fields): Fields {
  const called = call.function as Fields
  return { ...call, function: { ...called, arguments: JSON.parse(String(called.arguments)) } }
}
