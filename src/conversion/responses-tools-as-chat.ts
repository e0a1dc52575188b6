/**
 * Tools of a Responses request and its choice among them → chat's: the same facts, nested one level deeper. Custom tools
 * are said as functions: OpenAI alone takes them in chat, and its models need no conversion.
 */
import { Failure } from '../errors.ts'
import { isObject } from '../openai/is-object.ts'
import type { Notes } from './converted.ts'
import { FREEFORM_NOTE, functionOfFreeform } from './freeform-tool.ts'

type Fields = Record<string, unknown>

/** Of functions and custom tools, members that chat has no words for. */
const UNSAYABLE = ['output_schema', 'defer_loading', 'allowed_callers'] as const

/** @throws Failure `invalid_request` for a tool that OpenAI itself runs, naming it */
export function responsesToolsAsChat(tools: unknown, notes: Notes): Fields[] {
  if (!Array.isArray(tools)) return []
  return tools.map((tool: unknown, index) => {
    const param = `tools[${index}]`
    if (!isObject(tool)) throw new Failure('invalid_request', `\`${param}\` must be an object.`, { param })
    for (const name of UNSAYABLE) {
      if (tool[name] !== undefined && tool[name] !== null && tool[name] !== false) {
        notes.add(`tools[].${name}`, 'left out, chat has nothing like it.')
      }
    }
    switch (tool.type) {
      case 'function':
        return functionTool(tool, notes)
      case 'custom':
        return customTool(tool, notes)
      default:
        throw builtIn(tool.type, `${param}.type`)
    }
  })
}

/** Undefined where the request states none. */
export function responsesToolChoiceAsChat(choice: unknown): unknown {
  if (choice === undefined || choice === null) return undefined
  if (typeof choice === 'string') return choice
  if (!isObject(choice)) {
    throw new Failure('invalid_request', '`tool_choice` must be a string or an object.', {
      param: 'tool_choice',
    })
  }
  if (choice.type !== 'allowed_tools') return namedTool(choice, 'tool_choice.type')
  const tools = Array.isArray(choice.tools) ? choice.tools.filter(isObject) : []
  return {
    type: 'allowed_tools',
    allowed_tools: {
      mode: choice.mode,
      tools: tools.map((tool, index) => namedTool(tool, `tool_choice.tools[${index}].type`)),
    },
  }
}

function functionTool(tool: Readonly<Fields>, notes: Notes): Fields {
  const { name, description, parameters, strict } = tool
  if (strict === undefined) {
    notes.add('tools[].strict', 'left out, functions are not strict in chat unless they say so.')
  }
  return { type: 'function', function: stated({ name, description, parameters, strict }) }
}

function customTool(tool: Readonly<Fields>, notes: Notes): Fields {
  notes.add('tools[]: custom', FREEFORM_NOTE)
  const { name, description, schema } = functionOfFreeform(tool)
  return { type: 'function', function: stated({ name, description, parameters: schema }) }
}

function namedTool(choice: Readonly<Fields>, param: string): Fields {
  if (choice.type !== 'function' && choice.type !== 'custom') throw builtIn(choice.type, param)
  return { type: 'function', function: { name: choice.name } }
}

function builtIn(type: unknown, param: string): Failure {
  const name = typeof type === 'string' ? type : 'without a type'
  return new Failure(
    'invalid_request',
    `The target of this request has no built-in tools, so it cannot use \`${name}\`: send functions or custom tools, or ask a provider with a Responses API.`,
    { param },
  )
}

/** Without members that are null or absent. */
function stated(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  )
}
