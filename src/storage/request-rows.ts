/** Turns rows of the tables `requests` and `attempts` into a stored request. */
import type { Decision } from '../metering/decision.ts'
import type { AttemptOutcome, CacheOutcome, ShadowMechanism } from '../metering/ledger.ts'
import type { SavingsNote } from '../metering/savings-note.ts'
import { TOKEN_BUCKETS, type TokenBucket, type Tokens, type UsageSource } from '../metering/tokens.ts'
import type { StoredAttempt, StoredRequest } from './stored-request.ts'

/** Columns as they lie in the table. */
export interface RequestRow {
  id: string
  at: number
  tenant: string
  team: string | null
  key_name: string | null
  user: string | null
  workflow: string
  step: string | null
  session: string | null
  tags: string | null
  endpoint: string
  model_asked: string | null
  rule: string | null
  stream: number
  status: number | null
  error: string | null
  tier: string | null
  cache: CacheOutcome | null
  baseline_nano_usd: number | null
  savings: string | null
  shadow: ShadowMechanism | null
  shadow_nano_usd: number | null
  semantic_wrong: number | null
  first_chunk_ms: number | null
  total_ms: number | null
  decision: string | null
}

export type AttemptRow = {
  provider: string
  model: string
  replica: string
  outcome: AttemptOutcome | null
  status: number | null
  usage: UsageSource | null
  cost_nano_usd: number | null
  price_version: string | null
  first_chunk_ms: number | null
  total_ms: number | null
} & Record<`${TokenBucket}_tokens`, number>

export function storedRequest(row: RequestRow, attempts: readonly AttemptRow[]): StoredRequest {
  return {
    opened: {
      id: row.id,
      at: row.at,
      tenant: row.tenant,
      team: row.team ?? undefined,
      keyName: row.key_name ?? undefined,
      user: row.user ?? undefined,
      workflow: row.workflow,
      step: row.step ?? undefined,
      session: row.session ?? undefined,
      tags: row.tags === null ? {} : (JSON.parse(row.tags) as Record<string, string>),
      endpoint: row.endpoint,
      modelAsked: row.model_asked ?? undefined,
      rule: row.rule ?? undefined,
      stream: row.stream === 1,
    },
    settled: settledRequest(row),
    attempts: attempts.map(storedAttempt),
  }
}

function settledRequest(row: RequestRow): StoredRequest['settled'] {
  if (row.status === null) return undefined
  return {
    status: row.status,
    error: row.error ?? undefined,
    tier: row.tier ?? undefined,
    cache: row.cache ?? 'miss',
    baselineNanoUsd: row.baseline_nano_usd ?? undefined,
    savings: row.savings === null ? undefined : (JSON.parse(row.savings) as SavingsNote),
    shadow:
      row.shadow === null
        ? undefined
        : { mechanism: row.shadow, savedNanoUsd: row.shadow_nano_usd ?? undefined },
    semanticWrong: row.semantic_wrong === null ? undefined : row.semantic_wrong === 1,
    firstChunkMs: row.first_chunk_ms ?? undefined,
    totalMs: row.total_ms ?? 0,
    decision: row.decision === null ? undefined : (JSON.parse(row.decision) as Decision),
  }
}

function storedAttempt(row: AttemptRow): StoredAttempt {
  const opened = { provider: row.provider, model: row.model, replica: row.replica }
  if (row.outcome === null) return { opened, settled: undefined }
  return {
    opened,
    settled: {
      outcome: row.outcome,
      status: row.status ?? undefined,
      tokens: Object.fromEntries(TOKEN_BUCKETS.map((bucket) => [bucket, row[`${bucket}_tokens`]])) as Tokens,
      usage: row.usage ?? 'absent',
      costNanoUsd: row.cost_nano_usd ?? undefined,
      priceVersion: row.price_version ?? undefined,
      firstChunkMs: row.first_chunk_ms ?? undefined,
      totalMs: row.total_ms ?? 0,
    },
  }
}
