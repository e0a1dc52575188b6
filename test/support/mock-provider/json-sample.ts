/** One value that satisfies a JSON Schema: what the mock says where the caller asked for structure. */

type Schema = Readonly<Record<string, unknown>>

/** Deterministic; `name` flavours strings, so that a test can tell fields apart. */
export function jsonSample(schema: unknown, name = 'value', root: unknown = schema): unknown {
  if (!isSchema(schema)) return null
  if (typeof schema.$ref === 'string') return jsonSample(resolve(schema.$ref, root), name, root)
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const options = schema.anyOf ?? schema.oneOf
  if (Array.isArray(options)) return jsonSample(options[0], name, root)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'string':
      return `a "${name}", naïve`
    case 'integer':
      return 7
    case 'number':
      return 2.5
    case 'boolean':
      return true
    case 'array':
      return [jsonSample(schema.items, name, root)]
    case 'object':
      return objectSample(schema, root)
    default:
      return null
  }
}

function objectSample(schema: Schema, root: unknown): Record<string, unknown> {
  const properties = isSchema(schema.properties) ? schema.properties : {}
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, jsonSample(value, key, root)]),
  )
}

function resolve(reference: string, root: unknown): unknown {
  let found: unknown = root
  for (const part of reference.replace(/^#\/?/, '').split('/')) {
    if (part !== '') found = isSchema(found) ? found[part] : undefined
  }
  return found
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}
