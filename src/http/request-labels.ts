/** Reads what a caller attached to its request: our own headers first, then those of other gateways, then the body. */
import { Failure } from '../errors.ts'
import type { Labels } from '../gateway/journey.ts'
import type { CallerRequest } from '../openai/passed-request.ts'

type ReadHeader = (name: string) => string | undefined

/** In order: ours, then LiteLLM's, Portkey's, Cloudflare's and Helicone's words for the same thing. */
const WORKFLOW_HEADERS = ['x-trimtab-workflow', 'helicone-session-name']
const STEP_HEADERS = ['x-trimtab-step', 'helicone-session-path']
const SESSION_HEADERS = [
  'x-trimtab-session',
  'x-litellm-session-id',
  'x-portkey-trace-id',
  'helicone-session-id',
  'x-claude-code-session-id',
  'session_id',
  'session-id',
]
const USER_HEADERS = ['helicone-user-id', 'x-litellm-end-user-id']
const METADATA_HEADERS = ['x-portkey-metadata', 'cf-aig-metadata']
const LONGEST_LABEL = 256
const MOST_TAGS = 32

/** @throws Failure `invalid_request` */
export function requestLabels(
  request: CallerRequest,
  header: ReadHeader,
  headerNames: readonly string[],
): Labels {
  const metadata = textMembers(request.body.metadata)
  const first = (names: readonly string[], key: string): string | undefined =>
    label(firstHeader(header, names) ?? metadata[`trimtab_${key}`])
  const foreign = foreignMetadata(header)
  return {
    workflow: first(WORKFLOW_HEADERS, 'workflow'),
    step: first(STEP_HEADERS, 'step'),
    session: first(SESSION_HEADERS, 'session') ?? label(request.body.prompt_cache_key),
    provider: label(header('x-trimtab-provider')),
    priority: priority(first(['x-trimtab-priority'], 'priority')),
    tags: tags(header, headerNames, { ...foreign, ...tagPairs(metadata.trimtab_tags) }),
    metadata,
    user: label(
      request.body.user ??
        request.body.safety_identifier ??
        (request.endpoint === 'messages' ? metadata.user_id : undefined) ??
        firstHeader(header, USER_HEADERS) ??
        foreign._user,
    ),
    client: header('user-agent') ?? '',
  }
}

/** @throws Failure `invalid_request` for another word */
function priority(word: string | undefined): Labels['priority'] {
  if (word === undefined || word === 'interactive' || word === 'batch') return word
  const message = `The header x-trimtab-priority must be \`interactive\` or \`batch\`, not \`${word}\`.`
  throw new Failure('invalid_request', message, { param: 'x-trimtab-priority' })
}

const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({})

function tags(
  header: ReadHeader,
  headerNames: readonly string[],
  others: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.assign({}, others, litellmTags(header('x-litellm-tags')))
  for (const name of headerNames) {
    if (name.startsWith('helicone-property-'))
      found[name.slice('helicone-property-'.length)] = header(name) ?? ''
  }
  const all = Object.entries(Object.assign(found, tagPairs(firstHeader(header, ['x-trimtab-tags']))))
  if (all.length === 0) return NO_TAGS
  return Object.fromEntries(
    all.slice(0, MOST_TAGS).map(([name, value]) => [name, value.slice(0, LONGEST_LABEL)]),
  )
}

/** `k=v,k2=v2` */
function tagPairs(text: string | undefined): Record<string, string> {
  if (text === undefined) return {}
  const pairs = text.split(',').map((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  })
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

/** LiteLLM's tags are words, not pairs. */
function litellmTags(text: string | undefined): Record<string, string> {
  const words = text?.split(',').map((word) => word.trim()) ?? []
  return Object.fromEntries(words.filter((word) => word !== '').map((word) => [word, '']))
}

function foreignMetadata(header: ReadHeader): Record<string, string> {
  const text = firstHeader(header, METADATA_HEADERS)
  if (text === undefined) return {}
  try {
    return textMembers(JSON.parse(text))
  } catch {
    return {} // not ours to judge: the header belongs to another gateway
  }
}

function textMembers(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const members: Record<string, string> = {}
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean') {
      members[name] = String(member)
    }
  }
  return members
}

function firstHeader(header: ReadHeader, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = header(name)
    if (value !== undefined && value !== '') return asWritten(value)
  }
  return undefined
}

function label(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_LABEL) : undefined
}

/** Headers reach us as Latin-1, one character a byte, and callers write them in UTF-8. */
function asWritten(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value
  try {
    const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return value // Latin-1 it is
  }
}
