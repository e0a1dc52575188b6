/** Holds what is said to Qdrant, and by its double, to Qdrant's own OpenAPI description. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv, type ValidateFunction } from 'ajv'

interface Operation {
  request?: unknown
  query: string[]
  response: unknown
  error: unknown
}

const spec = JSON.parse(readFileSync(fileURLToPath(new URL('openapi.json', import.meta.url)), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false })
for (const [name, schema] of Object.entries(spec.components.schemas)) {
  ajv.addSchema(asJsonSchema(schema) as object, `#/components/schemas/${name}`)
}
const compiled = new Map<string, ValidateFunction>()

export type Checked = 'request' | 'response' | 'error'

/** Which operation this is, as the description names its path; undefined where it knows none. */
export function operationOf(
  method: string,
  path: string,
): { template: string; collection: string } | undefined {
  for (const [template, methods] of Object.entries(spec.paths)) {
    const pattern = new RegExp(`^${template.replace('{collection_name}', '([^/]+)')}$`)
    const [, collection] = pattern.exec(path) ?? []
    if (collection !== undefined && methods[method.toLowerCase()] !== undefined) {
      return { template, collection: decodeURIComponent(collection) }
    }
  }
  return undefined
}

/** What is wrong with a value, in words; undefined where nothing is. A member that the schema does not know is wrong. */
export function faultOf(method: string, template: string, what: Checked, value: unknown): string | undefined {
  const operation = spec.paths[template]?.[method.toLowerCase()]
  const schema = operation?.[what]
  if (schema === undefined)
    return value === undefined ? undefined : `${method} ${template} has no ${what} body`
  const key = `${method} ${template} ${what}`
  const validate = compiled.get(key) ?? ajv.compile(asJsonSchema(schema) as object)
  compiled.set(key, validate)
  if (!validate(value)) return `${key}: ${ajv.errorsText(validate.errors)}`
  const unknown = what === 'request' ? unknownMembers(schema, value) : []
  return unknown.length === 0 ? undefined : `${key}: unknown ${unknown.join(', ')}`
}

export function unknownQuery(method: string, template: string, names: Iterable<string>): string[] {
  const known = spec.paths[template]?.[method.toLowerCase()]?.query ?? []
  return [...names].filter((name) => !known.includes(name))
}

/** Only of the body itself, and only where the schema is one object's. */
function unknownMembers(schema: unknown, value: unknown): string[] {
  const { $ref } = Object(schema) as { $ref?: string }
  const named = spec.components.schemas[$ref?.split('/').at(-1) ?? '']
  const { properties } = Object(named ?? schema) as { properties?: Record<string, unknown> }
  if (properties === undefined || typeof value !== 'object' || value === null) return []
  return Object.keys(value).filter((name) => !(name in properties))
}

/** OpenAPI 3.0 has `nullable` where JSON Schema has a type. */
function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asJsonSchema)
  if (typeof schema !== 'object' || schema === null) return schema
  const { nullable, discriminator: _, ...rest } = schema as Record<string, unknown>
  const converted = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, asJsonSchema(value)]),
  )
  if (nullable !== true) return converted
  if (Object.keys(converted).length === 0) return { type: 'null' }
  if (typeof converted.type === 'string') return { ...converted, type: [converted.type, 'null'] }
  return { anyOf: [converted, { type: 'null' }] }
}
