/** What a responses request asks, in the terms in which the mock thinks of chat. */
import { isFields } from './chat-answer.ts'

type Body = Readonly<Record<string, unknown>>

export function responsesAsked(body: Body): Body {
  const said = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : listOf(body.input)
  const instructions = body.instructions ? [{ role: 'system', content: body.instructions }] : []
  const format = isFields(body.text) ? body.text.format : undefined
  const tools = listOf(body.tools).filter(({ type }) => type === 'function' || type === 'custom')
  return {
    model: body.model,
    max_completion_tokens: body.max_output_tokens,
    messages: [...instructions, ...said.map(itemAsMessage)],
    ...(tools.length === 0 ? {} : { tools: tools.map(tool) }),
    tool_choice: choice(body.tool_choice),
    response_format: responseFormat(format),
  }
}

function itemAsMessage(item: Body): Body {
  if (String(item.type).endsWith('_call_output')) return { role: 'tool', content: item.output }
  return { role: item.role ?? 'assistant', content: item.content ?? '' }
}

function tool({ name, parameters }: Body): Body {
  return { type: 'function', function: { name, parameters: parameters ?? { type: 'object' } } }
}

function choice(wanted: unknown): unknown {
  return isFields(wanted) ? { type: 'function', function: { name: wanted.name } } : wanted
}

function responseFormat(format: unknown): unknown {
  if (!isFields(format)) return undefined
  return format.type === 'json_schema'
    ? { type: 'json_schema', json_schema: { schema: format.schema } }
    : format
}

function listOf(value: unknown): Body[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}
