/** Checks values against the shapes of OpenAI's OpenAPI description, as far as `test/fixtures/responses/schema.json` holds them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Shape {
  $ref?: string
  type?: string
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, Shape>
  additionalProperties?: Shape | boolean
  items?: Shape
  anyOf?: Shape[]
  oneOf?: Shape[]
  allOf?: Shape[]
}

const file = fileURLToPath(new URL('../fixtures/responses/schema.json', import.meta.url))
const shapes = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Shape>

/** One line for each thing that is wrong, with its place; none where `value` has the named shape. */
export function problemsWith(shape: string, value: unknown): string[] {
  return check(shapeNamed(shape), value, shape)
}

function shapeNamed(name: string): Shape {
  const shape = shapes[name]
  if (shape === undefined) throw new Error(`The excerpt has no shape ${name}.`)
  return shape
}

function check(shape: Shape, value: unknown, at: string): string[] {
  if (shape.$ref !== undefined) return check(shapeNamed(shape.$ref), value, at)
  const union = shape.anyOf ?? shape.oneOf
  if (union !== undefined) return checkUnion(union, value, at)
  const problems = (shape.allOf ?? []).flatMap((part) => check(part, value, at))
  if (shape.enum !== undefined && !shape.enum.includes(value))
    problems.push(`${at}: ${say(value)} is not known`)
  if (shape.type !== undefined && !isOfType(value, shape.type))
    return [...problems, `${at}: ${say(value)} is no ${shape.type}`]
  if (Array.isArray(value)) {
    const { items } = shape
    if (items !== undefined)
      problems.push(...value.flatMap((item, index) => check(items, item, `${at}[${index}]`)))
  } else if (typeof value === 'object' && value !== null) {
    problems.push(...checkMembers(shape, value as Record<string, unknown>, at))
  }
  return problems
}

function checkMembers(shape: Shape, value: Record<string, unknown>, at: string): string[] {
  const problems = (shape.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => `${at}.${name}: is missing`)
  for (const [name, member] of Object.entries(value)) {
    const known = shape.properties?.[name]
    const expected =
      known ?? (typeof shape.additionalProperties === 'object' ? shape.additionalProperties : undefined)
    // OpenAI's own examples have it null while the response is in progress, though its description knows no null.
    if (name === 'usage' && member === null) continue
    if (expected !== undefined && member !== undefined)
      problems.push(...check(expected, member, `${at}.${name}`))
  }
  return problems
}

/** Of several forms the one with the fewest problems is what was meant. */
function checkUnion(forms: readonly Shape[], value: unknown, at: string): string[] {
  return forms
    .map((form) => check(form, value, at))
    .reduce((least, problems) => (problems.length < least.length ? problems : least))
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function say(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 80)
}
