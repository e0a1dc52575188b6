/** Names a request so that two have one name exactly where their answers may stand for each other. */
import type { HeaderList } from '../providers/transport.ts'
import { canonicalBody } from './canonical-body.ts'

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

/** Headers that choose features or accounts of a provider, or who answers what names no model. */
const AFFECTING = /^(?:openai-(?!.*-ms$)|anthropic-|x-goog-|x-trimtab-provider$)/i

/** Undefined where the body holds a number that JSON's parsers would take for another. */
export function exactKey(parts: ExactKeyParts, digest: Digest): string | Promise<string> | undefined {
  const body = canonicalBody(parts.body, { echoed: isEchoed(parts.endpoint) })
  if (body === undefined) return undefined
  return digest(`${JSON.stringify(scopeOf(parts))}${body}`)
}

/** Answers of responses repeat what their request said of its user and its metadata. */
export function isEchoed(endpoint: string): boolean {
  return endpoint.startsWith('responses')
}

/** Everything outside a body that answers depend on. */
export function scopeOf(parts: Omit<ExactKeyParts, 'body'>): string[] {
  const { tenant, endpoint, workflow, policyScope, catalogScope } = parts
  return [tenant, endpoint, workflow, policyScope, catalogScope, affectingHeaders(parts.headers)]
}

function affectingHeaders(headers: HeaderList): string {
  const found: string[] = []
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string
    if (AFFECTING.test(name)) found.push(`${name.toLowerCase()}:${headers[index + 1]}`)
  }
  return found.sort().join('\n')
}
