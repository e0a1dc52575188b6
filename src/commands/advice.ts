/** One proposed edit of a policy, with what it would come to. */
import type { EditedValue } from '../policy/edit-policy.ts'
import type { Path } from '../policy/yaml-text.ts'

type Interval = readonly [low: number, high: number]

/** Members are those of `advise --json`. Shares and rates are 0 to 1, money is USD, intervals are of 95 %. */
export interface Advice {
  workflow: string
  /** The policy's file, or `built-in`. */
  file: string
  /** What is edited, as `route.mode`. */
  key: string
  from: string
  to: string
  /** `try`: it saves, and only answers themselves can tell whether they are good. `wait`: not enough is known yet. */
  verdict: 'turn on' | 'try' | 'wait'
  reason: string
  forecast: CacheForecast | RouteForecast
  /** Of the file, for `patch`; null where the file takes a person to edit. */
  diff: string | null
}

export interface CacheForecast {
  hits_share: number
  saved_usd_per_month: number
  saved_usd_per_month_interval: Interval
  wrong_per_request_upper: number | null
}

export interface RouteForecast {
  /** Of the requests that policies decide. */
  changed_share: number
  saved_usd_per_month: number
  saved_usd_per_month_interval: Interval
  p50_ms: { before: number | null; after: number | null }
  failed: { before: number; after: number }
}

/** Advice before it is written down as a diff. */
export interface Proposal extends Omit<Advice, 'diff'> {
  edit: { path: Path; value: EditedValue }
}
