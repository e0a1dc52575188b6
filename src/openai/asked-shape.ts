/** Which shape a request asks its answer to have: JSON, by a schema or any, and what its tools take. */
import { isObject } from './is-object.ts'
import type { ModelEndpoint } from './model-request.ts'

type Fields = Readonly<Record<string, unknown>>

export interface AskedShape {
  /** Undefined where text will do; `schema` undefined where any JSON object will. */
  json: { schema: unknown } | undefined
  /** Schema of what each declared tool takes, by its name; undefined where none is declared, or not all are known. */
  tools: ReadonlyMap<string, unknown> | undefined
}

/** `body` in the words of `endpoint`. */
export function askedShape(endpoint: ModelEndpoint, body: Fields): AskedShape {
  switch (endpoint) {
    case 'chat/completions':
      return { json: jsonOf(body.response_format), tools: toolsOf(body.tools ?? body.functions) }
    case 'responses':
      return { json: jsonOf(isObject(body.text) ? body.text.format : undefined), tools: toolsOf(body.tools) }
    case 'messages': {
      const { output_config: config, output_format: format } = body
      return {
        json: jsonOf(format ?? (isObject(config) ? config.format : undefined)),
        tools: toolsOf(body.tools),
      }
    }
    default:
      return { json: undefined, tools: undefined }
  }
}

function jsonOf(format: unknown): AskedShape['json'] {
  if (!isObject(format)) return undefined
  if (format.type === 'json_object') return { schema: undefined }
  if (format.type !== 'json_schema') return undefined
  return { schema: isObject(format.json_schema) ? format.json_schema.schema : format.schema }
}

/** What a provider runs by itself is called without us. */
function toolsOf(tools: unknown): AskedShape['tools'] {
  if (!Array.isArray(tools) || tools.length === 0) return undefined
  const schemas = new Map<string, unknown>()
  for (const tool of tools) {
    if (!isObject(tool)) return undefined
    const declared = isObject(tool.function) ? tool.function : tool
    if (typeof declared.name !== 'string') return undefined
    schemas.set(declared.name, declared.parameters ?? declared.input_schema)
  }
  return schemas
}
