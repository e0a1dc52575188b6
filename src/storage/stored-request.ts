/** A request as the ledger keeps it, and what people are told of it; both adapters tell the same. */
import type { Decision } from '../metering/decision.ts'
import type { AttemptOpened, AttemptSettled, RequestOpened, RequestSettled } from '../metering/ledger.ts'
import type { AttemptSummary, RequestDetail, RequestSummary } from '../metering/reports.ts'
import { noTokens, TOKEN_BUCKETS, type Tokens } from '../metering/tokens.ts'
import { isNeverBilled } from './never-billed.ts'

export const NANO_USD = 1e9

export interface StoredAttempt {
  opened: Pick<AttemptOpened, 'provider' | 'model' | 'replica'>
  settled: Omit<AttemptSettled, 'requestId' | 'ordinal'> | undefined
}

export interface StoredRequest {
  opened: RequestOpened
  /** A crash leaves no decision. */
  settled: (Omit<RequestSettled, 'id' | 'decision'> & { decision: Decision | undefined }) | undefined
  /** In the order they were made. */
  attempts: readonly StoredAttempt[]
}

export function requestSummary({ opened, settled, attempts }: StoredRequest): RequestSummary {
  const tokens = noTokens()
  for (const attempt of attempts) addTokens(tokens, attempt.settled?.tokens)
  return {
    id: opened.id,
    at: new Date(opened.at).toISOString(),
    workflow: opened.workflow,
    step: opened.step ?? null,
    session: opened.session ?? null,
    tenant: opened.tenant,
    key: opened.keyName ?? null,
    model_asked: opened.modelAsked ?? null,
    tier: settled?.tier ?? null,
    rule: opened.rule ?? null,
    status: settled?.status ?? null,
    error: settled?.error ?? null,
    cache: settled?.cache ?? null,
    tokens,
    cost_usd: costUsd(attempts),
    saved_usd: savedUsd(settled?.baselineNanoUsd, attempts),
    total_ms: settled?.totalMs ?? null,
    attempts: attempts.map(attemptSummary),
  }
}

export function requestDetail(request: StoredRequest): RequestDetail {
  const { opened, settled } = request
  return {
    ...requestSummary(request),
    team: opened.team ?? null,
    user: opened.user ?? null,
    tags: opened.tags,
    endpoint: opened.endpoint,
    stream: opened.stream,
    first_chunk_ms: settled?.firstChunkMs ?? null,
    decision: settled?.decision ?? null,
  }
}

function attemptSummary({ opened, settled }: StoredAttempt): AttemptSummary {
  return {
    provider: opened.provider,
    model: opened.model,
    replica: opened.replica,
    outcome: settled?.outcome ?? 'open',
    status: settled?.status ?? null,
    tokens: settled?.tokens ?? noTokens(),
    cost_usd: settled?.costNanoUsd === undefined ? null : settled.costNanoUsd / NANO_USD,
    usage: settled?.usage ?? 'absent',
    first_chunk_ms: settled?.firstChunkMs ?? null,
    total_ms: settled?.totalMs ?? null,
  }
}

/** The sum of what is priced; null where attempts may be billed and none of them is priced. */
function costUsd(attempts: readonly StoredAttempt[]): number | null {
  const billable = attempts.filter(
    ({ settled }) => settled === undefined || !isNeverBilled(settled.outcome, Object.values(settled.tokens)),
  )
  if (billable.length > 0 && billable.every(({ settled }) => settled?.costNanoUsd === undefined)) return null
  return attempts.reduce((sum, { settled }) => sum + (settled?.costNanoUsd ?? 0), 0) / NANO_USD
}

/** What the request would have cost without anything that saves, less what it cost; null where a price is unknown. */
function savedUsd(baselineNanoUsd: number | undefined, attempts: readonly StoredAttempt[]): number | null {
  const costs = attempts.map(({ settled }) => settled?.costNanoUsd)
  if (baselineNanoUsd === undefined || costs.includes(undefined)) return null
  return (baselineNanoUsd - costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0)) / NANO_USD
}

function addTokens(sum: Tokens, tokens: Tokens | undefined): void {
  if (tokens === undefined) return
  for (const bucket of TOKEN_BUCKETS) sum[bucket] += tokens[bucket]
}
