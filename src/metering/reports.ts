/** What can be asked of the ledger after the fact: sums by dimension, the latest requests, one request whole. */
import type { Decision } from './decision.ts'
import type { AttemptOutcome } from './ledger.ts'
import type { PrefixFigures } from './prefix/prefix-figures.ts'
import type { TokenBucket, UsageSource } from './tokens.ts'

export const REPORT_DIMENSIONS = [
  'workflow',
  'step',
  'model',
  'provider',
  'tier',
  'rule',
  'arm',
  'shadow_tier',
  'key',
  'team',
  'tenant',
  'user',
  'part',
  'hour',
  'day',
  'month',
  'mechanism',
] as const

/** `tag:NAME` groups by the value of one tag. */
export type ReportDimension = (typeof REPORT_DIMENSIONS)[number] | `tag:${string}`

export interface ReportQuery {
  /** Unix milliseconds; `until` is exclusive. */
  since: number
  until: number
  /** IANA name by which hours, days and months are cut. */
  timeZone: string
  by: readonly ReportDimension[]
  /** With figures of prefix caches; `by` lists PREFIX_DIMENSIONS alone then. */
  prefix?: boolean
}

/** Costs are USD; `cost_usd` sums what is priced and is null only where nothing in the row is. */
export interface ReportFigures {
  requests: number
  errors: number
  hits: { exact: number; coalesced: number; semantic: number; knowledge: number }
  tokens: Record<TokenBucket, number>
  units: { audio_seconds: number; images: number; characters: number }
  /** Attempts by where their token counts come from; attempts under way are in none. */
  usage: Record<UsageSource, number>
  baseline_usd: number | null
  cost_usd: number | null
  saved_usd: number | null
  /** USD by mechanism; empty until something saves. */
  savings: Readonly<Record<string, number>>
  overhead_usd: number | null
  /** Requests whose first answers did not suffice, so that the next tier was asked; absent where there are none. */
  escalation?: EscalationFigures
  /** Of `savings.small_model`, what requests saved that routing learned to begin at the small tier; absent where there are none. */
  learning?: { requests: number; saved_usd: number }
  /** What mechanisms in `shadow` would have done; empty until one runs. */
  shadow: Readonly<Record<string, ShadowFigures>>
  /** What routes in shadow would have done with requests that models answered; absent where there are none. */
  shadow_route?: ShadowRouteFigures
  unpriced_requests: number
  latency_ms: { p50: number | null; p95: number | null }
  first_chunk_ms: { p50: number | null; p95: number | null }
  /** Absent unless asked for, or where nothing watches prompts. */
  prefix?: PrefixFigures
}

interface EscalationFigures {
  requests: number
  /** Of all requests, 0 to 1. */
  rate: number
  /** What the answers cost that nobody was told. It is in `cost_usd` too. */
  abandoned_usd: number
  /** How much later such a request was answered for it, on average. */
  added_ms: number
}

interface ShadowRouteFigures {
  /** That a rule in shadow would have led to a tier. */
  requests: number
  /** Of these, which another model would have been asked for. */
  elsewhere: number
  /** Of these, whose cost here or there nobody knows. */
  unpriced: number
  /** USD that the others would have cost less, for the same tokens without a prompt cache; below 0: more. Null where none is known. */
  saved_usd: number | null
}

interface ShadowFigures {
  hits: number
  audited: number
  wrong: number
  wrong_upper: number | null
  saved_usd: number | null
}

/** One member a dimension asked for: its value, or null where the request has none. */
export type ReportRow = Readonly<Partial<Record<ReportDimension, string | null>>> & ReportFigures

export interface Report {
  since: string
  until: string
  by: readonly ReportDimension[]
  rows: readonly ReportRow[]
  totals: ReportFigures
  /** Of what routing learns, by workflow; absent where nothing is learned here. */
  learning?: readonly LearnedFigures[]
  /** Providers that cost by the hour; absent where none stood ready. */
  standing?: readonly StandingFigures[]
}

/** What audits say of the versions in force, since they are, whatever the report's period. */
export interface LearnedFigures {
  workflow: string
  /** Models of the small and the large tier. */
  pair: string
  version: number
  audited: number
  /** Of these, how many begin at the small tier, and how many of those are answered otherwise. */
  begun: number
  lost: number
  /** Share of the audited that is lost, and its upper 95 % bound; null before the first. */
  loss: number | null
  loss_upper: number | null
}

/** What a provider cost for standing ready, used or not. Requests' own costs are shares of the hours that served any. */
export interface StandingFigures {
  provider: string
  usd: number
  /** Of hours in which nothing was served, so that it is in no request's cost. */
  unserved_usd: number
  /** All replicas together. */
  replica_hours: number
  /** Of that time, with no request under way. */
  idle_share: number
  tokens: number
  output_tokens: number
  /** All of `usd` over what was served; null where nothing was, or where it has only just begun to stand ready. */
  usd_per_million_tokens: number | null
  usd_per_million_output_tokens: number | null
}

export interface AttemptSummary {
  provider: string
  model: string
  replica: string
  outcome: AttemptOutcome | 'open'
  status: number | null
  tokens: Record<TokenBucket, number>
  cost_usd: number | null
  usage: UsageSource
  first_chunk_ms: number | null
  total_ms: number | null
}

export interface RequestSummary {
  id: string
  /** ISO 8601, UTC. */
  at: string
  workflow: string
  step: string | null
  session: string | null
  tenant: string
  key: string | null
  model_asked: string | null
  tier: string | null
  rule: string | null
  /** Null while the request is under way. */
  status: number | null
  /** With a status below 400: the stream broke after it had begun. */
  error: string | null
  cache: string | null
  tokens: Record<TokenBucket, number>
  cost_usd: number | null
  saved_usd: number | null
  /** From arrival to the end of the answer, whatever attempts that took. */
  total_ms: number | null
  attempts: readonly AttemptSummary[]
}

export interface RequestDetail extends RequestSummary {
  team: string | null
  user: string | null
  tags: Readonly<Record<string, string>>
  endpoint: string
  stream: boolean
  first_chunk_ms: number | null
  decision: Decision | null
}

export interface LedgerReader {
  report(query: ReportQuery): Promise<Report>
  /** Newest first. */
  requests(query: { since: number; limit: number }): Promise<readonly RequestSummary[]>
  request(id: string): Promise<RequestDetail | undefined>
}
