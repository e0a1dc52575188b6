/**
 * Whether a value keeps to a JSON Schema, within a bound of work. Callers write the schemas and models the values, so that a
 * library would let one request hold up all others: a pattern that backtracks, or alternatives nested in alternatives, take
 * any time. Here patterns and formats are not tried, and a check that takes too long has no verdict.
 */
import { isObject } from './is-object.ts'

/** Undefined: it cannot be told. */
type Verdict = boolean | undefined
type Schema = Readonly<Record<string, unknown>>

const MOST_STEPS = 100_000
const MOST_DEPTH = 200

class TooMuch extends Error {}

/** False only where the value breaks the schema for certain; JSON Schema 2020-12, and drafts 4 to 7 as far as models meet them. */
export function keepsToSchema(value: unknown, schema: unknown): boolean {
  try {
    return new Check(schema).of(value, schema, 0) !== false
  } catch (error) {
    if (error instanceof TooMuch) return true
    throw error
  }
}

class Check {
  readonly #root: unknown
  #steps = 0

  constructor(root: unknown) {
    this.#root = root
  }

  of(value: unknown, schema: unknown, depth: number): Verdict {
    if (++this.#steps > MOST_STEPS || depth > MOST_DEPTH) throw new TooMuch()
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) return undefined
    this.#steps += lengthOf(schema.enum) + lengthOf(schema.required)
    // OpenAPI's word, which models are told as well.
    if (value === null && schema.nullable === true) return true
    const within = (part: unknown, inner: unknown): Verdict => this.of(part, inner, depth + 1)
    return all([
      () => this.#byReference(schema, value, depth),
      () => scalarVerdict(value, schema),
      () => (isObject(value) ? this.#ofObject(value, schema, within) : true),
      () => (Array.isArray(value) ? this.#ofArray(value, schema, within) : true),
      () => this.#combined(value, schema, within),
    ])
  }

  #byReference({ $ref: reference, $dynamicRef: dynamic }: Schema, value: unknown, depth: number): Verdict {
    if (dynamic !== undefined) return undefined
    if (reference === undefined) return true
    const target = typeof reference === 'string' ? pointedAt(this.#root, reference) : undefined
    return target === undefined ? undefined : this.of(value, target, depth + 1)
  }

  #ofObject(value: Record<string, unknown>, schema: Schema, within: Within): Verdict {
    const { properties, patternProperties, additionalProperties: others, required } = schema
    const names = Object.keys(value)
    if (isBeyond(names.length, schema.minProperties, schema.maxProperties)) return false
    if (Array.isArray(required) && required.some((name) => !Object.hasOwn(value, String(name)))) return false
    const known = isObject(properties) ? properties : {}
    const verdicts = names.map((name) => (): Verdict => {
      if (Object.hasOwn(known, name)) return within(value[name], known[name])
      if (others === undefined) return true
      return isObject(patternProperties) ? undefined : within(value[name], others)
    })
    const untried = ['patternProperties', 'propertyNames', 'dependentSchemas', 'dependencies']
    return all([...verdicts, () => told(schema, [...untried, 'unevaluatedProperties', 'dependentRequired'])])
  }

  #ofArray(value: readonly unknown[], schema: Schema, within: Within): Verdict {
    if (isBeyond(value.length, schema.minItems, schema.maxItems)) return false
    const tuple = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : undefined)
    const first = Array.isArray(tuple) ? tuple : []
    const rest = Array.isArray(schema.items) ? schema.additionalItems : schema.items
    const verdicts = value.map((item, at) => (): Verdict => {
      if (at < first.length) return within(item, first[at])
      return rest === undefined ? true : within(item, rest)
    })
    return all([...verdicts, () => told(schema, ['contains', 'uniqueItems', 'unevaluatedItems'])])
  }

  #combined(value: unknown, schema: Schema, within: Within): Verdict {
    const { allOf, anyOf, oneOf, not } = schema
    const each = (list: unknown): Verdict[] =>
      Array.isArray(list) ? list.map((one) => within(value, one)) : []
    return all([
      () => all(each(allOf).map((verdict) => () => verdict)),
      () => (Array.isArray(anyOf) ? anyVerdict(each(anyOf)) : true),
      () => (Array.isArray(oneOf) ? oneVerdict(each(oneOf)) : true),
      () => {
        if (not === undefined) return true
        const verdict = within(value, not)
        return verdict === undefined ? undefined : !verdict
      },
      () => told(schema, ['if']),
    ])
  }
}

type Within = (part: unknown, schema: unknown) => Verdict

/** In order, up to the first that is broken. */
function all(checks: readonly (() => Verdict)[]): Verdict {
  let verdict: Verdict = true
  for (const check of checks) {
    const one = check()
    if (one === false) return false
    if (one === undefined) verdict = undefined
  }
  return verdict
}

function anyVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(true)) return true
  return verdicts.includes(undefined) ? undefined : false
}

function oneVerdict(verdicts: readonly Verdict[]): Verdict {
  const kept = verdicts.filter((verdict) => verdict === true).length
  if (kept > 1) return false
  return verdicts.includes(undefined) ? undefined : kept === 1
}

/** Undefined where the schema states what is not looked at here. */
function told(schema: Schema, names: readonly string[]): Verdict {
  return names.some((name) => schema[name] !== undefined) ? undefined : true
}

function scalarVerdict(value: unknown, schema: Schema): Verdict {
  const { type, enum: values } = schema
  if (type !== undefined && !(Array.isArray(type) ? type : [type]).some((one) => isOfType(value, one)))
    return false
  if (Array.isArray(values) && !values.some((one) => isSame(one, value))) return false
  if (Object.hasOwn(schema, 'const') && !isSame(schema.const, value)) return false
  if (typeof value === 'number') return numberVerdict(value, schema)
  if (typeof value !== 'string') return true
  const isCounted = schema.minLength !== undefined || schema.maxLength !== undefined
  if (isCounted && isBeyond([...value].length, schema.minLength, schema.maxLength)) return false
  return told(schema, ['pattern', 'format', 'contentMediaType'])
}

function numberVerdict(value: number, schema: Schema): Verdict {
  const { exclusiveMinimum: above, exclusiveMaximum: below, multipleOf } = schema
  if (isBeyond(value, schema.minimum, schema.maximum)) return false
  if (typeof above === 'number' && value <= above) return false
  if (typeof below === 'number' && value >= below) return false
  if (above === true || below === true) return undefined
  if (typeof multipleOf !== 'number') return true
  // Of fractions remainders are not exact.
  return Number.isInteger(multipleOf) && multipleOf > 0 ? value % multipleOf === 0 : undefined
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'integer':
      return Number.isInteger(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    default:
      return true
  }
}

function isBeyond(amount: number, least: unknown, most: unknown): boolean {
  return (typeof least === 'number' && amount < least) || (typeof most === 'number' && amount > most)
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0
}

/** Members of an object have no order. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, at) => isSame(item, other[at]))
  if (!isObject(one) || !isObject(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]))
  )
}

/** A JSON pointer within the schema itself (RFC 6901); nothing is fetched. */
function pointedAt(root: unknown, reference: string): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return undefined
  let at: unknown = root
  for (const step of reference.slice(2).split('/')) {
    const name = unescaped(step)
    if (isObject(at) && Object.hasOwn(at, name)) at = at[name]
    else if (Array.isArray(at)) at = at[Number(name)]
    else return undefined
  }
  return at
}

function unescaped(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return step
  }
}
