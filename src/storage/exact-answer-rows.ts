/** A remembered answer as a row of `cache.db`, and back. */
import type Database from 'better-sqlite3'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { areTokens, isContentType } from '../cache/stored-answer.ts'
import { filledBuckets, noTokens } from '../metering/tokens.ts'
import { parseJson } from '../openai/parse-json.ts'

/** Number of the newest migration of `cache.db` that this program knows. */
export const CACHE_SCHEMA_VERSION = 4

export const COLUMNS =
  'key, tenant, workflow, provider, model, tier, form, content_type, body, usage, tokens, created_at, expires_at'

export interface AnswerRow
  extends Omit<RememberedAnswer, 'contentType' | 'createdAt' | 'expiresAt' | 'tokens' | 'usage' | 'tier'> {
  tier: string | null
  content_type: string
  usage: string | null
  tokens: string
  created_at: number
  expires_at: number
}

/** As the file has it; undefined where there is none, it is damaged, or it has expired at `nowMs`. */
export function exactAnswer(
  database: Database.Database,
  key: string,
  nowMs: number,
): RememberedAnswer | undefined {
  const row = database
    .prepare<[string, number], AnswerRow>('SELECT * FROM exact_answers WHERE key = ? AND expires_at > ?')
    .get(key, nowMs)
  return row && answerOf(row)
}

/** Values of `COLUMNS`. */
export function rowOf(answer: RememberedAnswer): unknown[] {
  const { key, tenant, workflow, provider, model, tier, form, contentType, body, usage, tokens } = answer
  const counted = usage === undefined ? null : JSON.stringify(usage)
  return [
    key,
    tenant,
    workflow,
    provider,
    model,
    tier ?? null,
    form,
    contentType,
    body,
    counted,
    JSON.stringify(filledBuckets(tokens)),
    answer.createdAt,
    answer.expiresAt,
  ]
}

/** Undefined where the row is damaged: what is in the file may have been written by another version, or by hand. */
export function answerOf(row: AnswerRow): RememberedAnswer | undefined {
  const { content_type, created_at, expires_at, usage, tokens, tier, ...same } = row
  const counts = parseJson(tokens)
  const told = usage === null ? undefined : parseJson(usage)
  const isSound =
    (row.form === 'json' || row.form === 'stream') &&
    (row.body as unknown) instanceof Uint8Array &&
    isContentType(content_type) &&
    areTokens(counts) &&
    (usage === null || told !== undefined) &&
    Number.isSafeInteger(created_at) &&
    Number.isSafeInteger(expires_at)
  if (!isSound) return undefined
  return {
    ...same,
    tier: tier ?? undefined,
    contentType: content_type,
    usage: told,
    tokens: { ...noTokens(), ...counts },
    createdAt: created_at,
    expiresAt: expires_at,
  }
}
