/**
 * A remembered answer out of a line that this program wrote and keeps itself. Each look at a remembered question reads one, and
 * the schema that lines of files are held to takes longer than everything else about it.
 */
import { noTokens, TOKEN_BUCKETS, type Tokens } from '../metering/tokens.ts'
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import { readAnswerLine } from './answer-line.ts'
import type { RememberedAnswer } from './exact-store.ts'

/** Of `answerLine`, where the body is text. */
interface WrittenLine {
  key: string
  tenant: string
  workflow: string
  provider: string
  model: string
  tier: string | null
  form: 'json' | 'stream'
  content_type: string
  body: string
  usage?: unknown
  tokens: Partial<Tokens>
  created_at: string
  expires_at: string
}

const KEY = /^[0-9a-f]{64}$/
/** What a header may hold. */
const CONTENT_TYPE = /^[\t\x20-\x7e]+$/
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const BUCKETS: ReadonlySet<string> = new Set(TOKEN_BUCKETS)
const ENCODER = new TextEncoder()

/** Undefined where the line is damaged. */
export function storedAnswer(text: string): RememberedAnswer | undefined {
  const line = parseJson(text)
  if (isWritten(line)) return answerOf(line)
  // Written in another way, which the schema may know.
  const read = readAnswerLine(text)
  return read.kind === 'answer' ? read.answer : undefined
}

function isWritten(line: unknown): line is WrittenLine {
  if (!isObject(line)) return false
  const { key, tenant, workflow, provider, model, tier, form, content_type, body, body_base64 } = line
  return (
    isLike(key, KEY) &&
    isSaid(tenant) &&
    isSaid(workflow) &&
    isSaid(provider) &&
    typeof model === 'string' &&
    (tier === null || typeof tier === 'string') &&
    (form === 'json' || form === 'stream') &&
    isContentType(content_type) &&
    typeof body === 'string' &&
    body_base64 === undefined &&
    areTokens(line.tokens) &&
    isLike(line.created_at, INSTANT) &&
    isLike(line.expires_at, INSTANT)
  )
}

export function isContentType(value: unknown): value is string {
  return isLike(value, CONTENT_TYPE)
}

function isSaid(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isLike(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

/** Counts of buckets that this version knows. */
export function areTokens(value: unknown): value is Partial<Tokens> {
  if (!isObject(value)) return false
  for (const name in value) {
    const count = value[name]
    if (!BUCKETS.has(name) || !Number.isSafeInteger(count) || (count as number) < 0) return false
  }
  return true
}

function answerOf(line: WrittenLine): RememberedAnswer | undefined {
  const createdAt = Date.parse(line.created_at)
  const expiresAt = Date.parse(line.expires_at)
  if (Number.isNaN(createdAt) || Number.isNaN(expiresAt)) return undefined
  return {
    key: line.key,
    tenant: line.tenant,
    workflow: line.workflow,
    provider: line.provider,
    model: line.model,
    tier: line.tier ?? undefined,
    form: line.form,
    contentType: line.content_type,
    body: ENCODER.encode(line.body),
    usage: line.usage,
    tokens: Object.assign(noTokens(), line.tokens),
    createdAt,
    expiresAt,
  }
}
