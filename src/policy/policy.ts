/** A workflow's policy, parsed and with every default filled in. */
import type { ExactPolicy } from '../cache/exact-policy.ts'
import type { SemanticPolicy } from '../cache/semantic/semantic-policy.ts'
import type { ImageBound } from '../media/fitted-size.ts'
import type { Budget } from '../metering/budget.ts'
import type { Escalation } from '../routing/escalation.ts'
import type { LearnPolicy } from '../routing/learn/learn-policy.ts'
import type { PrefixPolicy } from '../routing/prefix-schema.ts'
import type { Rule, Tier } from '../routing/rule.ts'
import type { Scorer } from '../routing/scorer.ts'
import type { Stickiness } from '../routing/stickiness.ts'

interface InputPolicy {
  minifiesNewestTurn: boolean
  /** Images are made as small as their provider makes them, or as stated; undefined: they go as they come. */
  images?: ImageBound | undefined
  /** Servers that keep media are sent each once, and its name from then on. */
  mediaUuids?: boolean | undefined
  /** Undefined: conversations keep all their turns. */
  dropAboveTokens: number | undefined
}

/** What makes the next target be tried: an HTTP status, a class of them, or a named fault. */
export type FallbackCause = number | '4xx' | '5xx' | 'timeout' | 'context_window' | 'content_filter'

/** How much of a stream is held back before the caller sees any of it, and fall-over becomes impossible. */
export type ReleaseCondition =
  | { kind: 'first_content' }
  | { kind: 'tokens'; count: number }
  | { kind: 'whole' }

export interface Limits {
  /** All attempts together. */
  timeoutMs: number
  firstChunkMs: number
  betweenChunksMs: number
  connectMs: number
  /** Extra tries on one target. */
  retries: number
  /** Small calls for embeddings may go together with others of their kind. */
  joinsEmbeddings: boolean
  /** A second one is asked where the first is slow. */
  hedge: boolean
  /** Requests at once to a replica; undefined: no bound. */
  concurrency: 'adaptive' | number | undefined
}

export interface Policy {
  workflow: string
  /** Path of the file as given, or `built-in`. */
  source: string
  /** First 16 hex digits of the SHA-256 of the file's text. */
  digest: string
  /** What of the file affects answers, as text: tiers, route and bounds of output, and what is left out of input. */
  answerScope: string
  match: {
    keys: readonly string[]
    models: readonly string[]
    tags: Readonly<Record<string, readonly string[]>>
    metadata: Readonly<Record<string, readonly string[]>>
    /** Globs over the caller's User-Agent. */
    clients: readonly string[]
  }
  tiers: ReadonlyMap<string, Tier>
  /** Rules decide under `on`; under `shadow` they are recorded only, unless the workflow was asked for by name. */
  route: {
    mode: 'on' | 'shadow'
    rules: readonly Rule[]
    /** Undefined where nothing is to be learned. */
    learn: LearnPolicy | undefined
    /** Who tells how hard a request is; undefined: the prior that ships. */
    scorer?: Scorer | undefined
  }
  fallback: { on: readonly FallbackCause[]; release: ReleaseCondition }
  /** Undefined where an answer is told however it is. */
  escalate: Escalation | undefined
  /** Undefined where each request is planned as if it were the first. */
  session: Stickiness | undefined
  limits: Limits
  /** Who is served first where requests wait. */
  priority: 'interactive' | 'batch'
  /** An upper bound for the answer's length, applied where the caller asks for more or for nothing. */
  output: { maxTokens: number | undefined; stop?: readonly string[] | undefined }
  /** What is left out of requests; undefined: nothing. */
  input: InputPolicy | undefined
  /** What is done for providers' prompt caches. */
  prefix: PrefixPolicy
  /** No `semantic`: only exact repeats are known. */
  cache: { exact: ExactPolicy; semantic: SemanticPolicy | undefined }
  budgets: readonly Budget[]
  /** `share`, from 0 to 1, of the requests follows the policy of `workflow`. */
  canary: { workflow: string; share: number } | undefined
  /** Savings count against this model; undefined: the model asked for, else the last tier. */
  baseline: string | undefined
}

/** All policies of an installation; immutable, replaced as a whole when a file changes. */
export interface PolicySet {
  default: Policy
  byWorkflow: ReadonlyMap<string, Policy>
  /** In file-name order, as `match` is tried. */
  inOrder: readonly Policy[]
  /** What a workflow's canary follows: see `canariesOf`. */
  canaries: ReadonlyMap<string, Policy>
}
