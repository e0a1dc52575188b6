/** The keys of a secret binding: one JSON object a line, as `trimtab keys create --json` prints it. */
import { apiKeyId, type Sha256 } from '../../access/api-key.ts'
import type { KeyRecord } from '../../access/key-store.ts'
import { isObject } from '../../openai/is-object.ts'

/**
 * Besides what the command prints, a line may hold `team`, `models` and `workflows` (lists), and `expires` (ISO 8601).
 * @throws Error with one sentence that names the line and never shows it
 */
export function readBoundKeys(text: string, sha256: Sha256, now: number): Promise<KeyRecord[]> {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }))
  return Promise.all(
    lines.filter(({ line }) => line !== '').map(({ line, number }) => readKey(line, number, sha256, now)),
  )
}

async function readKey(line: string, number: number, sha256: Sha256, now: number): Promise<KeyRecord> {
  const refuse = (what: string): Error => new Error(`Line ${number} of TRIMTAB_KEYS ${what}.`)
  const fields = parsed(line)
  if (fields === undefined) throw refuse('is no JSON object, as `trimtab keys create --json` prints it')
  const { key, name, tenant, team, models, workflows, expires } = fields
  const id = typeof key === 'string' ? apiKeyId(key) : undefined
  if (typeof key !== 'string' || id === undefined) throw refuse('holds no `key` made by trimtab')
  if (typeof name !== 'string' || name === '') throw refuse('holds no `name`')
  if (!isMissingOr(isText, tenant)) throw refuse('has a `tenant` that is no text')
  if (!isMissingOr(isText, team)) throw refuse('has a `team` that is no text')
  if (!isMissingOr(isTexts, models)) throw refuse('has `models` that are no list of texts')
  if (!isMissingOr(isTexts, workflows)) throw refuse('has `workflows` that are no list of texts')
  const expiresAt = isText(expires) ? Date.parse(expires) : undefined
  if ((expires !== undefined && expiresAt === undefined) || Number.isNaN(expiresAt)) {
    throw refuse('has an `expires` that is no date such as 2027-01-31')
  }
  return {
    id,
    name,
    digest: await sha256(key),
    tenant: tenant ?? `key-${id}`,
    team,
    models,
    workflows,
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
    createdAt: now,
    expiresAt,
    revokedAt: undefined,
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isMissingOr<Value>(
  is: (value: unknown) => value is Value,
  value: unknown,
): value is Value | undefined {
  return value === undefined || is(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText)
}
