/** Tools and the choice among them: chat's words → Anthropic's. */
import { isObject } from '../openai/is-object.ts'
import { cannotSay, type Fields, type Notes } from './converted.ts'
import { extraMembers, TOOL_EXTRAS } from './extra-members.ts'
import { FREEFORM_NOTE, functionOfFreeform } from './freeform-tool.ts'

/**
 * `tools` and `tool_choice`, each only where there is something to say.
 * @param turns of the request in Anthropic's words: calls in them ask for tools, even where the request has none now
 * @throws Failure `invalid_request` for tools that are no functions
 */
export function chatToolsAsMessages(body: Fields, turns: readonly Fields[], notes: Notes): Fields {
  const tools = Array.isArray(body.tools) ? body.tools.map((tool, index) => toolOf(tool, index, notes)) : []
  if (tools.length === 0) return toolsOfHistory(turns, notes)
  const choice = choiceOf(body.tool_choice)
  const allowed = allowedNames(body.tool_choice)
  if (allowed !== undefined) notes.add('tool_choice', 'said by leaving out the tools that are not allowed.')
  const said: Fields = {
    tools: allowed === undefined ? tools : tools.filter(({ name }) => allowed.has(name)),
  }
  if (body.parallel_tool_calls === false && choice?.type !== 'none') {
    said.tool_choice = { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true }
  } else if (choice !== undefined) said.tool_choice = choice
  return said
}

function toolOf(tool: unknown, index: number, notes: Notes): Fields {
  const param = `tools[${index}]`
  if (!isObject(tool) || (tool.type !== 'function' && tool.type !== 'custom')) {
    throw cannotSay(param, "Anthropic's API takes tools of type function or custom.")
  }
  if (tool.type === 'custom') return freeformTool(tool, param, notes)
  // Cursor writes a function as the Responses API does: its members beside its type.
  const { name, description, parameters, strict } = isObject(tool.function) ? tool.function : tool
  if (typeof name !== 'string') throw cannotSay(param, 'a function needs a name.')
  const said: Fields = { name }
  if (typeof description === 'string') said.description = description
  said.input_schema = schemaOf(parameters)
  if (typeof strict === 'boolean') said.strict = strict
  return { ...said, ...extraMembers(tool, TOOL_EXTRAS) }
}

function freeformTool(tool: Fields, param: string, notes: Notes): Fields {
  const { name, description, schema } = functionOfFreeform(isObject(tool.custom) ? tool.custom : tool)
  if (typeof name !== 'string') throw cannotSay(param, 'a custom tool needs a name.')
  notes.add('tools[]: custom', FREEFORM_NOTE)
  const said: Fields = { name }
  if (typeof description === 'string') said.description = description
  return { ...said, input_schema: schema, ...extraMembers(tool, TOOL_EXTRAS) }
}

/** Anthropic asks for an object's schema, which functions without parameters leave out. */
function schemaOf(parameters: unknown): Fields {
  if (!isObject(parameters)) return { type: 'object', properties: {} }
  return parameters.type === undefined ? { type: 'object', ...parameters } : parameters
}

function choiceOf(choice: unknown): Fields | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'required') return { type: 'any' }
  if (choice === 'auto' || choice === 'none') return { type: choice }
  if (isObject(choice) && (choice.type === 'function' || choice.type === 'custom')) {
    return { type: 'tool', name: nameOf(choice) }
  }
  if (isObject(choice) && choice.type === 'allowed_tools' && isObject(choice.allowed_tools)) {
    return { type: choice.allowed_tools.mode === 'required' ? 'any' : 'auto' }
  }
  throw cannotSay('tool_choice', 'choose auto, none, required, a function or a custom tool.')
}

function allowedNames(choice: unknown): ReadonlySet<unknown> | undefined {
  if (!isObject(choice) || choice.type !== 'allowed_tools' || !isObject(choice.allowed_tools))
    return undefined
  const { tools } = choice.allowed_tools
  if (!Array.isArray(tools)) return undefined
  return new Set(tools.map((tool) => (isObject(tool) ? nameOf(tool) : undefined)))
}

function nameOf(tool: Fields): unknown {
  if (isObject(tool.function)) return tool.function.name
  return isObject(tool.custom) ? tool.custom.name : tool.name
}

/** Anthropic refuses calls and results in a request without tools. */
function toolsOfHistory(turns: readonly Fields[], notes: Notes): Fields {
  const blocks = turns.flatMap(({ content }) => (Array.isArray(content) ? content.filter(isObject) : []))
  const names = new Set(blocks.filter(({ type }) => type === 'tool_use').map(({ name }) => name))
  if (names.size === 0) return {}
  notes.add('tools', 'named from the calls in the messages and not to be called, as Anthropic asks.')
  return {
    tools: [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } })),
    tool_choice: { type: 'none' },
  }
}
