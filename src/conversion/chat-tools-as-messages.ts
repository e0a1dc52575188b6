/** Tools and the choice among them: chat's words → Anthropic's. */
import { isObject } from '../openai/is-object.ts'
import { cannotSay, type Fields, type Notes } from './converted.ts'
import { extraMembers, TOOL_EXTRAS } from './extra-members.ts'

/**
 * `tools` and `tool_choice`, each only where there is something to say.
 * @param turns of the request in Anthropic's words: calls in them ask for tools, even where the request has none now
 * @throws Failure `invalid_request` for tools that are no functions
 */
export function chatToolsAsMessages(body: Fields, turns: readonly Fields[], notes: Notes): Fields {
  const tools = Array.isArray(body.tools) ? body.tools.map(toolOf) : []
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

function toolOf(tool: unknown, index: number): Fields {
  const param = `tools[${index}]`
  if (!isObject(tool) || tool.type !== 'function') {
    throw cannotSay(param, "Anthropic's API takes tools of type function.")
  }
  // Cursor writes a function as the Responses API does: its members beside its type.
  const { name, description, parameters, strict } = isObject(tool.function) ? tool.function : tool
  if (typeof name !== 'string') throw cannotSay(param, 'a function needs a name.')
  const said: Fields = { name }
  if (typeof description === 'string') said.description = description
  said.input_schema = schemaOf(parameters)
  if (typeof strict === 'boolean') said.strict = strict
  return { ...said, ...extraMembers(tool, TOOL_EXTRAS) }
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
  if (isObject(choice) && choice.type === 'function' && isObject(choice.function)) {
    return { type: 'tool', name: choice.function.name }
  }
  if (isObject(choice) && choice.type === 'allowed_tools' && isObject(choice.allowed_tools)) {
    return { type: choice.allowed_tools.mode === 'required' ? 'any' : 'auto' }
  }
  throw cannotSay('tool_choice', 'choose auto, none, required or a function.')
}

function allowedNames(choice: unknown): ReadonlySet<unknown> | undefined {
  if (!isObject(choice) || choice.type !== 'allowed_tools' || !isObject(choice.allowed_tools))
    return undefined
  const { tools } = choice.allowed_tools
  if (!Array.isArray(tools)) return undefined
  return new Set(
    tools.map((tool) => (isObject(tool) && isObject(tool.function) ? tool.function.name : undefined)),
  )
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
