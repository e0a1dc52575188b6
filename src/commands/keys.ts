/** `trimtab keys create | list | revoke`: the keys that applications call with. */
import { generateApiKey, type RandomBytes, type Sha256 } from '../access/api-key.ts'
import type { KeyRecord, KeyStore } from '../access/key-store.ts'
import type { Output } from './output.ts'
import { instantOf } from './since.ts'
import { type Column, textTable } from './table.ts'

/** Options as the command line gives them. */
interface CreateOptions {
  name: string
  tenant?: string | undefined
  team?: string | undefined
  /** Globs, separated by commas. */
  models?: string | undefined
  /** Names, separated by commas. */
  workflows?: string | undefined
  rpm?: string | undefined
  tpm?: string | undefined
  /** `30d`, `12h`, `45m`, or an ISO 8601 date. */
  expires?: string | undefined
  json?: boolean | undefined
}

const COLUMNS = ['id', 'name', 'tenant', 'state', 'created', 'expires'].map(
  (title): Column => ({ title, align: 'left' }),
)

interface CreateParts {
  keys: KeyStore
  randomBytes: RandomBytes
  sha256: Sha256
  now: () => number
}

/** Makes a key and shows it, this once. Returns the exit code: 1 where an option is wrong. */
export async function createKey(options: CreateOptions, parts: CreateParts, output: Output): Promise<number> {
  const now = parts.now()
  const problems: string[] = []
  const { id, key } = generateApiKey(parts.randomBytes)
  const record: KeyRecord = {
    id,
    name: label('--name', options.name, problems) ?? '',
    digest: await parts.sha256(key),
    // A key that names no tenant shares nothing with any other.
    tenant: label('--tenant', options.tenant, problems) ?? `key-${id}`,
    team: label('--team', options.team, problems),
    models: names('--models', options.models, problems),
    workflows: names('--workflows', options.workflows, problems),
    requestsPerMinute: count('--rpm', options.rpm, problems),
    tokensPerMinute: count('--tpm', options.tpm, problems),
    createdAt: now,
    expiresAt: expiry(options.expires, now, problems),
    revokedAt: undefined,
  }
  if (problems.length > 0) {
    for (const problem of problems) output.error(problem)
    return 1
  }
  await parts.keys.create(record)
  showCreated(record, key, options.json === true, output)
  return 0
}

/** Lists every key, newest first; never a secret. Returns the exit code. */
export async function listKeys(
  options: { json?: boolean | undefined },
  parts: { keys: KeyStore; now: () => number },
  output: Output,
): Promise<number> {
  const records = [...(await parts.keys.list())].sort((left, right) => right.createdAt - left.createdAt)
  if (options.json === true) {
    output.out(JSON.stringify({ keys: records.map((record) => publicView(record, parts.now())) }, null, 2))
    return 0
  }
  if (records.length === 0) {
    output.out('No keys yet: make one with `trimtab keys create --name NAME`.')
    return 0
  }
  const rows = records.map((record) => [
    record.id,
    record.name,
    record.tenant,
    keyState(record, parts.now()),
    isoTime(record.createdAt),
    record.expiresAt === undefined ? 'never' : isoTime(record.expiresAt),
  ])
  output.out(textTable(COLUMNS, rows))
  return 0
}

/** Revokes a key, on a running server within a second. Returns the exit code: 1 where no key has this id. */
export async function revokeKey(
  id: string,
  parts: { keys: KeyStore; now: () => number },
  output: Output,
): Promise<number> {
  if (!(await parts.keys.revoke(id, parts.now()))) {
    output.error(`No key has the id ${id}: \`trimtab keys list\` shows them.`)
    return 1
  }
  output.out(`Revoked ${id}.`)
  return 0
}

function showCreated(record: KeyRecord, key: string, json: boolean, output: Output): void {
  if (json) {
    output.out(JSON.stringify({ id: record.id, key, name: record.name, tenant: record.tenant }))
    return
  }
  output.out(key)
  output.error(
    `Key "${record.name}" (${record.id}) of tenant ${record.tenant}: shown this once, so keep it now.`,
  )
}

function publicView(record: KeyRecord, now: number): Record<string, unknown> {
  return {
    id: record.id,
    name: record.name,
    tenant: record.tenant,
    team: record.team ?? null,
    models: record.models ?? null,
    workflows: record.workflows ?? null,
    rpm: record.requestsPerMinute ?? null,
    tpm: record.tokensPerMinute ?? null,
    state: keyState(record, now),
    created_at: isoTime(record.createdAt),
    expires_at: record.expiresAt === undefined ? null : isoTime(record.expiresAt),
    revoked_at: record.revokedAt === undefined ? null : isoTime(record.revokedAt),
  }
}

function keyState(record: KeyRecord, now: number): 'active' | 'expired' | 'revoked' {
  if (record.revokedAt !== undefined) return 'revoked'
  return record.expiresAt !== undefined && record.expiresAt <= now ? 'expired' : 'active'
}

function label(option: string, text: string | undefined, problems: string[]): string | undefined {
  if (text === undefined) return undefined
  // Names end up in headers, CSV and terminals.
  if (/^[^\p{Cc}]{1,100}$/u.test(text) && text.trim() === text) return text
  problems.push(`${option} must be 1 to 100 characters without control characters or outer spaces.`)
  return undefined
}

function names(option: string, text: string | undefined, problems: string[]): string[] | undefined {
  if (text === undefined) return undefined
  const list = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  // An empty list would read as "nothing allowed" or "all allowed": say neither.
  if (list.length === 0)
    problems.push(`${option} names nothing: give names separated by commas, or leave it out.`)
  return list
}

function count(option: string, text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value > 0 && Number.isSafeInteger(value)) return value
  problems.push(`${option} must be a whole number above 0, not "${text}".`)
  return undefined
}

function expiry(text: string | undefined, now: number, problems: string[]): number | undefined {
  if (text === undefined) return undefined
  const at = instantOf(text, now, 1)
  if (at === undefined) problems.push(`--expires must be like 30d, 12h or 2027-01-31, not "${text}".`)
  else if (at <= now) problems.push(`--expires ${text} lies in the past.`)
  return at
}

function isoTime(at: number): string {
  return new Date(at).toISOString()
}
