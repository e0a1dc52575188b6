/** Invents a value that fits a JSON Schema, for simulated structured answers and tool calls. */
import { isObject } from '../openai/is-object.ts'

type Schema = Readonly<Record<string, unknown>>

/** Deeper schemas are recursive: their optional parts stop there. */
const MAX_DEPTH = 12

/** A value that fits `schema`, every text in it saying that it is simulated. */
export function simulatedValue(schema: unknown, root: unknown = schema, depth = 0): unknown {
  if (!isObject(schema) || depth > MAX_DEPTH) return null
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null
  if (typeof schema.$ref === 'string') return simulatedValue(resolve(schema.$ref, root), root, depth + 1)
  const choices = schema.anyOf ?? schema.oneOf
  // A null among the choices ends recursive schemas.
  if (Array.isArray(choices))
    return simulatedValue(depth > MAX_DEPTH / 2 ? choices.at(-1) : choices[0], root, depth + 1)
  if (Array.isArray(schema.allOf)) return simulatedValue(Object.assign({}, ...schema.allOf), root, depth + 1)
  return ofType(Array.isArray(schema.type) ? schema.type[0] : schema.type, schema, root, depth)
}

function ofType(type: unknown, schema: Schema, root: unknown, depth: number): unknown {
  switch (type) {
    case 'string':
      return text(schema)
    case 'number':
    case 'integer':
      return number(schema)
    case 'boolean':
      return true
    case 'array':
      return array(schema, root, depth)
    case 'object':
      return object(schema, root, depth)
    case undefined:
      return isObject(schema.properties) ? object(schema, root, depth) : null
    default:
      return null
  }
}

function object(schema: Schema, root: unknown, depth: number): Record<string, unknown> {
  const properties = isObject(schema.properties) ? schema.properties : {}
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, simulatedValue(property, root, depth + 1)]),
  )
}

function array(schema: Schema, root: unknown, depth: number): unknown[] {
  const least = typeof schema.minItems === 'number' ? Math.min(schema.minItems, 100) : 0
  const length = Math.max(least, depth < MAX_DEPTH / 2 ? 1 : 0)
  return Array.from({ length }, () => simulatedValue(schema.items, root, depth + 1))
}

function number(schema: Schema): number {
  const least = typeof schema.minimum === 'number' ? schema.minimum : 1
  const most = typeof schema.maximum === 'number' ? schema.maximum : least
  return Math.min(least, most)
}

function text(schema: Schema): string {
  if (schema.format === 'date-time') return '2000-01-01T00:00:00Z'
  if (schema.format === 'date') return '2000-01-01'
  return 'simulated'
}

/** `#`, or `#/$defs/Name` and the like. */
function resolve(reference: string, root: unknown): unknown {
  let value: unknown = root
  for (const part of reference.split('/').slice(1)) {
    if (!isObject(value)) return undefined
    value = value[part.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return value
}
