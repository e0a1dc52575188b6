/** Tiers and rules as a policy file states them, parsed. */
import type { Task } from '../reading/tasks.ts'
import type { HybridWeights, StrategyName } from './balance/candidate.ts'
import type { OutputShape } from './output-shape.ts'

/** `provider/*` keeps the model that was asked for. */
export interface TierUse {
  model: string
  weight: number
}

/** How a tier answers from documents. */
export interface TierDocuments {
  collection: string
  /** `compose`: the tier's models phrase the answer, from passages alone. */
  mode: 'quote' | 'compose'
  /** 0 to 1; undefined: the one that ships. */
  minConfidence: number | undefined
}

export interface Tier {
  name: string
  /** Of a tier of documents: who phrases its answers. */
  use: readonly TierUse[]
  documents?: TierDocuments | undefined
  /** Of its models, and of the replicas of each. */
  strategy: StrategyName
  /** Of `hybrid`; undefined: all alike. */
  weights?: HybridWeights | undefined
}

/** Whether it chooses by what is known of models and replicas; the order and the weights of models are stated. */
export function isBalanced({ strategy }: Pick<Tier, 'strategy'>): boolean {
  return strategy !== 'priority' && strategy !== 'weighted'
}

export const MODALITIES = ['image', 'audio', 'video', 'file'] as const

export type Modality = (typeof MODALITIES)[number]

export interface Range {
  below?: number | undefined
  above?: number | undefined
}

/** Every stated condition must hold; lists hold where one of their values does. Patterns are globs with `*`. */
export interface Condition {
  model?: readonly string[] | undefined
  tokens?: Range | undefined
  has?: readonly Modality[] | undefined
  /** Whether the request declares tools. */
  tools?: boolean | undefined
  tags?: Readonly<Record<string, readonly string[]>> | undefined
  key?: readonly string[] | undefined
  endpoint?: readonly string[] | undefined
  /** Hours of the day in `timeZone`; `from` 22 `to` 6 spans midnight, `to` is exclusive. */
  hour?: { from: number; to: number; timeZone: string } | undefined
  task?: readonly Task[] | undefined
  /** ISO 639-1, or `unknown`. */
  language?: readonly string[] | undefined
  code?: boolean | undefined
  timeDependent?: boolean | undefined
  /** Of the user. */
  turns?: Range | undefined
  outputShape?: readonly OutputShape[] | undefined
  /** Unknown difficulty is above everything, and below nothing. */
  difficulty?: Range | undefined
}

export interface Rule {
  name: string
  when: Condition
  /** Tier names, tried in order. */
  to: readonly string[]
  maxTokens?: number | undefined
  /** Texts at which answers end, where the caller states none. */
  stop?: readonly string[] | undefined
}
