/** What a messages request asks, in the terms in which the mock thinks of chat. */
import { isFields } from './chat-answer.ts'

type Body = Readonly<Record<string, unknown>>

export function messagesAsked(body: Body): Body {
  const messages = listOf(body.messages).flatMap(turn)
  const system = body.system === undefined ? [] : [{ role: 'system', content: body.system }]
  return {
    model: body.model,
    max_tokens: body.max_tokens,
    messages: [...system, ...messages],
    ...(body.tools === undefined ? {} : { tools: listOf(body.tools).map(tool) }),
    tool_choice: choice(body.tool_choice),
    response_format: format(body),
  }
}

/** Results of tools are messages of their own in chat; other blocks stay with their author. */
function turn({ role, content }: Body): Body[] {
  const blocks = listOf(content)
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const others = blocks.filter(({ type }) => type !== 'tool_result')
  const spoken = Array.isArray(content) ? others : content
  const answered = results.map((result) => ({ role: 'tool', content: result.content }))
  const isSpoken = !Array.isArray(content) || others.length > 0
  return isSpoken ? [{ role, content: spoken }, ...answered] : answered
}

function tool({ name, input_schema }: Body): Body {
  return { type: 'function', function: { name, parameters: input_schema } }
}

function choice(wanted: unknown): unknown {
  if (!isFields(wanted)) return undefined
  if (wanted.type === 'tool') return { type: 'function', function: { name: wanted.name } }
  return wanted.type === 'any' ? 'required' : wanted.type
}

function format({ output_config, output_format }: Body): unknown {
  const wanted = isFields(output_config) ? output_config.format : output_format
  return isFields(wanted) ? { type: 'json_schema', json_schema: { schema: wanted.schema } } : undefined
}

function listOf(value: unknown): Body[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}
