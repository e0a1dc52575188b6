/** A custom tool, which takes free text, said as a function for APIs that know functions alone, and its calls said back. */
import { isObject } from '../openai/is-object.ts'
import type { Fields } from './converted.ts'

export const FREEFORM_NOTE = 'said as a function of one text, which may not keep to its grammar.'

/** Its name, description and schema, as members of any API's function. */
export interface FreeformFunction {
  name: unknown
  description: unknown
  schema: Fields
}

/** @param tool chat's `custom` member, or the tool itself where its members stand beside its type */
export function functionOfFreeform({ name, description, format }: Readonly<Fields>): FreeformFunction {
  const input = { type: 'string', description: describedInput(format) }
  return {
    name,
    description,
    schema: { type: 'object', properties: { input }, required: ['input'], additionalProperties: false },
  }
}

/** What a function is called with, of the text that its custom tool was called with. */
export function argumentsOfFreeform(input: unknown): string {
  return JSON.stringify({ input: typeof input === 'string' ? input : '' })
}

/** Names of the custom tools among a request's, in chat's words, in those of the Responses API, or in Cursor's mixture. */
export function freeformNames(tools: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  if (!Array.isArray(tools)) return names
  for (const tool of tools) {
    if (!isObject(tool) || tool.type !== 'custom') continue
    const { name } = isObject(tool.custom) ? tool.custom : tool
    if (typeof name === 'string') names.add(name)
  }
  return names
}

/** Chat nests a grammar one level deeper than the Responses API does. */
function describedInput(format: unknown): string {
  const everything = 'The whole input of the tool, as free text.'
  if (!isObject(format) || format.type !== 'grammar') return everything
  const { syntax, definition } = isObject(format.grammar) ? format.grammar : format
  if (typeof definition !== 'string') return everything
  const kind = syntax === 'regex' ? 'regular expression' : `${String(syntax ?? 'lark')} grammar`
  return `${everything} It must match this ${kind}:\n${definition}`
}
