/** The decision record: why a request went where it went. `requests ID`, the dashboard and logs all read this one. */
import type { PartSizes } from './parts.ts'

export const DECISION_VERSION = 1

export interface Decision {
  version: typeof DECISION_VERSION
  /**
   * Name of the policy that decided, and the digest of its file; `by`: what told the workflow. Absent in records of
   * earlier versions.
   */
  policy: { workflow: string; digest: string; by?: WorkflowBy }
  facts: Readonly<Record<string, string | number | boolean | readonly string[]>>
  /** What the input consists of: see `attributeInput`. Absent where no target was planned. */
  parts?: PartSizes
  /** Absent where no provider counted the request's text, or none was there but media. */
  input?: CountedInput
  rule: string | undefined
  /** `provider/model` of each target in the order of the plan, with its tier. */
  candidates: readonly { target: string; tier: string | undefined }[]
  attempts: readonly AttemptNote[]
  /** Edits made to the caller's body, in words: `model`, `stream_options.include_usage`, … */
  edits: readonly string[]
  reasons: readonly string[]
  /** Absent where the semantic cache had no part. */
  semantic?: SemanticNote
  /** What each tier of documents that was asked made of it, in their order; absent where none was. */
  knowledge?: readonly KnowledgeNote[]
  /** Absent where nothing is learned, or there was nothing to choose. */
  learning?: LearningNote
}

/** Where learning said to begin. */
export interface LearningNote {
  /** Name of the tier. */
  begins: string
  reason: string
  /** Of the version in force, and what it made of the request: it begins at the small tier below the cut. */
  version?: number | undefined
  score?: number | undefined
  cut?: number | undefined
  /** Probability that the small tier's answer is another than the large one's. */
  difficulty?: number | undefined
  /** Models of the small and the large tier. */
  pair: string
}

export interface KnowledgeNote {
  tier: string
  collection: string
  outcome: 'answered' | 'abstained'
  /** Why it abstained, or how it answered. */
  reason: string
  /** How sure it was that its best passage holds the answer, 0 to 1; absent where none was read. */
  confidence?: number
  /** Ids of the passages that the answer is of, or would have been. */
  passages: readonly string[]
}

/** What tells the workflow of a request. */
export type WorkflowBy = 'header' | 'model' | 'match' | 'default'

export interface SemanticNote {
  /** What its layers said, in their order. */
  reasons: readonly string[]
  /** The remembered answer that was the best candidate, served or not. */
  entry?: { id: string; similarity: number; risk: number } | undefined
}

/** How well the input was told before it left: tokens of text as estimated, and as the provider counted them. */
export interface CountedInput {
  /** Of the request without its media. */
  bytes: number
  estimated: number
  counted: number
}

export interface AttemptNote {
  target: string
  replica: string
  outcome: string
  status: number | undefined
  detail: string | undefined
  /** Why this replica; absent where the provider has one alone. */
  chosen?: ChosenNote
  /** Milliseconds in our own queue before it was sent; absent where it did not wait. */
  waitedMs?: number
  /** Who counted where the provider did not: `characters`, or a tokenizer by the name of its encoding. */
  countedBy?: CountedBy
  /** Of an answer that did not suffice, so that the next tier was asked. */
  insufficiency?: InsufficiencyNote
}

/** How one of several replicas was chosen. */
export interface ChosenNote {
  /** Name of the strategy; `kept` where its session was there before. */
  by: string
  /** How many replicas there were. */
  of: number
  /** By estimate. */
  promptTokens: number
  /** Of them, expected to be in its prefix cache. */
  cachedTokens: number
  /** Of those that said of themselves that they are full, the one that likely has most of the prompt; absent where none did. */
  passedOver?: PassedOverNote
}

/** What a replica told that was left for it. */
export interface PassedOverNote {
  replica: string
  /** Expected to be in its prefix cache. */
  cachedTokens: number
  /** Requests in its own queue. */
  waiting?: number | undefined
  /** Share of its KV cache in use, from 0 to 1. */
  kvUsage?: number | undefined
}

/** What told so, and where it is a number, as measured and as the policy bounds it. */
export interface InsufficiencyNote {
  signal: 'empty' | 'refused' | 'invalid_json' | 'loops' | 'confidence' | 'slow'
  value?: number
  threshold?: number
  by?: 'logprobs' | 'repetition'
}

export type CountedBy = 'characters' | 'o200k_base' | 'cl100k_base'
