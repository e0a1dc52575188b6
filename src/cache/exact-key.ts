/** Names a request so that two have one name exactly where their answers may stand for each other. */
import type { HeaderList } from '../providers/transport.ts'

/** Hex, or a promise of it where the platform only hashes asynchronously. */
export type Digest = (text: string) => string | Promise<string>

export interface ExactKeyParts {
  tenant: string
  endpoint: string
  workflow: string
  /** What of the policy affects answers. */
  policyScope: string
  /** Changes where names of models lead elsewhere. */
  catalogScope: string
  headers: HeaderList
  /** The parsed body. */
  body: Readonly<Record<string, unknown>>
}

/** Members of a body that cannot change the text of an answer. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
])

/** Headers that choose features or accounts of a provider. */
const AFFECTING = /^(?:openai-(?!.*-ms$)|anthropic-|x-goog-)/i

/** Undefined where the body holds a number that JSON's parsers would take for another. */
export function exactKey(parts: ExactKeyParts, digest: Digest): string | Promise<string> | undefined {
  const body = canonical(parts.body, true)
  if (body === undefined) return undefined
  const { tenant, endpoint, workflow, policyScope, catalogScope } = parts
  const scope = [tenant, endpoint, workflow, policyScope, catalogScope, affectingHeaders(parts.headers)]
  return digest(`${JSON.stringify(scope)}${body}`)
}

function affectingHeaders(headers: HeaderList): string {
  const found: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    if (AFFECTING.test(name)) found.push(`${name.toLowerCase()}:${headers[index + 1]}`)
  }
  return found.sort().join('\n')
}

/** JSON with members in order of their names; undefined where a number is beyond what a double holds. */
function canonical(value: unknown, top = false): string | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : JSON.stringify(value)
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return Array.isArray(value) ? canonicalList(value) : canonicalObject(value as Record<string, unknown>, top)
}

function canonicalList(list: readonly unknown[]): string | undefined {
  let text = '['
  for (const item of list) {
    const inner = canonical(item)
    if (inner === undefined) return undefined
    text += `${inner},`
  }
  return `${text}]`
}

function canonicalObject(object: Readonly<Record<string, unknown>>, top: boolean): string | undefined {
  let text = '{'
  for (const name of Object.keys(object).sort()) {
    if (top && WITHOUT_EFFECT.has(name)) continue
    const inner = canonical(object[name])
    if (inner === undefined) return undefined
    text += `${JSON.stringify(name)}:${inner},`
  }
  return `${text}}`
}
