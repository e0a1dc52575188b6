/** Tiers and rules as a policy file states them, parsed. */

export type Strategy = 'priority' | 'weighted'

/** `provider/*` keeps the model that was asked for. */
export interface TierUse {
  model: string
  weight: number
}

export interface Tier {
  name: string
  use: readonly TierUse[]
  strategy: Strategy
}

export interface Range {
  below?: number | undefined
  above?: number | undefined
}

/** Every stated condition must hold; lists hold where one of their values does. Patterns are globs with `*`. */
export interface Condition {
  model?: readonly string[] | undefined
  tokens?: Range | undefined
  /** Modalities in the request: `image`, `audio`, `file`, … */
  has?: readonly string[] | undefined
  /** Whether the request declares tools. */
  tools?: boolean | undefined
  tags?: Readonly<Record<string, readonly string[]>> | undefined
  key?: readonly string[] | undefined
  endpoint?: readonly string[] | undefined
  /** Hours of the day in `timeZone`; `from` 22 `to` 6 spans midnight, `to` is exclusive. */
  hour?: { from: number; to: number; timeZone: string } | undefined
}

export interface Rule {
  name: string
  when: Condition
  /** Tier names, tried in order. */
  to: readonly string[]
  maxTokens?: number | undefined
}
