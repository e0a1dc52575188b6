/** Tools and the choice among them: Anthropic's words → chat's. */
import { isObject } from '../openai/is-object.ts'
import { cannotSay, type Fields } from './converted.ts'
import { extraMembers, TOOL_EXTRAS } from './extra-members.ts'

/**
 * `tools`, `tool_choice` and `parallel_tool_calls`, each only where it is stated.
 * @throws Failure `invalid_request` for tools that run at Anthropic or that only its models know
 */
export function messagesToolsAsChat({ tools, tool_choice: choice }: Fields): Fields {
  const said: Fields = {}
  if (Array.isArray(tools) && tools.length > 0) said.tools = tools.map(toolOf)
  if (!isObject(choice)) return said
  said.tool_choice = choiceOf(choice)
  if (choice.disable_parallel_tool_use === true) said.parallel_tool_calls = false
  return said
}

function toolOf(tool: unknown, index: number): Fields {
  const param = `tools[${index}]`
  if (!isObject(tool)) throw cannotSay(param, 'a tool is an object with a name.')
  if (typeof tool.type === 'string' && tool.type !== 'custom') {
    throw cannotSay(param, `${JSON.stringify(tool.type)} is a tool of Anthropic's own, no chat model has it.`)
  }
  const called: Fields = { name: tool.name }
  if (typeof tool.description === 'string') called.description = tool.description
  if (isObject(tool.input_schema)) called.parameters = tool.input_schema
  if (typeof tool.strict === 'boolean') called.strict = tool.strict
  return { type: 'function', function: called, ...extraMembers(tool, TOOL_EXTRAS) }
}

function choiceOf({ type, name }: Fields): unknown {
  if (type === 'any') return 'required'
  if (type === 'auto' || type === 'none') return type
  if (type === 'tool') return { type: 'function', function: { name } }
  throw cannotSay('tool_choice', 'choose auto, any, none or a tool.')
}
