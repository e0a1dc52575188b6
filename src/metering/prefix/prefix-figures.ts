/** What a report tells of prefix caches: members are those of `report --prefix --json`. */
import type { ChangingKind } from './changing.ts'
import type { DivergencePlace } from './divergence.ts'

/** What these figures can be told by. */
export const PREFIX_DIMENSIONS = ['workflow', 'provider', 'model'] as const

export function tellsPrefixes(dimension: string): dimension is (typeof PREFIX_DIMENSIONS)[number] {
  return PREFIX_DIMENSIONS.some((known) => known === dimension)
}

/** Of the requests of a row. Tokens are counted by providers, but for `missed_…` and `movable_…`, which are estimates. */
export interface PrefixFigures {
  /** Tokens read from a provider's cache among all of input; null where there were none. */
  hit_ratio: number | null
  /** What reads cost less than uncached input, less what writes cost more; null where no price is known. */
  earned_usd: number | null
  /** Of prompts that repeat an earlier one of their workflow, asked within the hour: what was not read all the same. */
  missed_tokens: number
  /** Null where no price is known. */
  missed_usd: number | null
  /** Answered, of 1024 tokens or more. */
  prompts: number
  /** Of these, with an earlier one of their workflow. */
  compared: number
  /** Where they first differ from the nearest earlier one, the commonest first. */
  diverges: readonly DivergenceFigures[]
  reuse: ReuseFigures
  /** What keeping prefixes warm cost (it is in the overhead, too), and prompts that found them by that; null where nothing did. */
  keep_warm: { refreshes: number; cost_usd: number; found: number; spared_usd: number } | null
}

export interface DivergenceFigures {
  place: DivergencePlace
  /** Its index, where the place is a message. */
  message: number | null
  /** From the begin of the place, on average. */
  character: number
  what: ChangingKind
  prompts: number
  /** Of those compared. */
  share: number
  /** What could have been read besides, did what changes come last. */
  movable_tokens: number
  movable_usd: number | null
  /** All of it in words. */
  told: string
}

/** How soon prompts with the same beginning followed each other, of all that were compared; seconds are upper bounds, null beyond a day or never. */
interface ReuseFigures {
  times: number
  p50_s: number | null
  p90_s: number | null
  within_5m: number
  within_30m: number
  within_1h: number
}
