/** What a replay tells. Members are those of `replay --json`; money is USD, intervals are of 95 %. */
import type { ChangedRequest } from './most-changed.ts'

type Interval = readonly [low: number, high: number]

interface Percentiles {
  p50: number | null
  p95: number | null
}

export interface ReplayResult {
  requests: number
  /** Of them, those that policies decide again; the others stay as they were. */
  decided: number
  /** Of these, those that would go elsewhere or be answered shorter. */
  changed: number
  /** Why the others stay, with how many. */
  kept: Readonly<Record<string, number>>
  /** Of requests whose cost is known before and after. */
  cost_usd: {
    before: number
    after: number
    after_interval: Interval
    change: number
    change_interval: Interval
  }
  latency_ms: { before: Percentiles; after: Percentiles }
  failed: { before: number; after: number }
  /** Requests that each answered. */
  tiers: readonly { tier: string; before: number; after: number }[]
  targets: readonly { target: string; before: number; after: number }[]
  workflows: readonly {
    workflow: string
    requests: number
    changed: number
    before_usd: number
    after_usd: number
  }[]
  most_changed: readonly ChangedRequest[]
  untold: {
    /** Requests by fact that a condition asked for and their record lacks: it was taken not to hold. */
    facts: Readonly<Record<string, number>>
    unpriced_requests: number
    /** Requests by target of which no latency is known. */
    unmeasured_targets: Readonly<Record<string, number>>
    /** What would be refused, with how many. */
    refusals: Readonly<Record<string, number>>
    /** What answers' lengths at other models were told by: requests alike, all requests of both, or nothing. */
    lengths: { alike: number; all: number; none: number }
  }
}
