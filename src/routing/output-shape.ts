/** In which shape a request wants its answer, in the words of each API. */
import { isObject } from '../openai/is-object.ts'

export const OUTPUT_SHAPES = ['text', 'json', 'schema', 'tool'] as const

/** `json`: any JSON; `schema`: JSON by a schema; `tool`: a call of a tool, and nothing else. */
export type OutputShape = (typeof OUTPUT_SHAPES)[number]

export function outputShape(body: Readonly<Record<string, unknown>>): OutputShape {
  if (mustCallTool(body.tool_choice) || isObject(body.function_call)) return 'tool'
  // Chat, Responses, and Messages by its present and its earlier name.
  const format =
    body.response_format ??
    (isObject(body.text) ? body.text.format : undefined) ??
    (isObject(body.output_config) ? body.output_config.format : undefined) ??
    body.output_format
  if (!isObject(format)) return 'text'
  if (format.type === 'json_schema') return 'schema'
  return format.type === 'json_object' ? 'json' : 'text'
}

/** `auto` and `none` leave it to the model; an object names a tool, or says `any`. */
function mustCallTool(choice: unknown): boolean {
  if (choice === 'required') return true
  if (!isObject(choice)) return false
  return choice.type !== 'auto' && choice.type !== 'none' && choice.mode !== 'auto'
}
