/** What the main thread and the ledger's thread say to each other. */
import type { FailureCode } from '../../errors.ts'
import type { PastBudget } from '../../metering/budget-past.ts'
import type { WorkflowReuse } from '../../metering/prefix/reuse-times.ts'
import type { Report, ReportQuery, RequestDetail, RequestSummary } from '../../metering/reports.ts'
import type { HourlyCosts } from '../../metering/standing-cost.ts'
import type { TokenCounts, Uncounted } from '../../metering/token-counter.ts'
import type { LearnedRatio } from '../../metering/token-ratios.ts'
import type { Retention } from '../../storage/retention.ts'
import type { HandedOver } from './thread-prompt-watch.ts'

export interface LedgerThreadSettings {
  /** Path of `ledger.db`. */
  path: string
  /** This process, as its rows name it. */
  instance: { id: number; host: string; pid: number }
  retention: Retention
}

/** `at` is Unix milliseconds: from then on this process counts `budgets` by itself, and `released` no longer. */
export interface PastQuery {
  budgets: readonly PastBudget[]
  released: readonly string[]
  at: number
}

/** A question by its kind, with its answer. */
export interface LedgerQuestions {
  report: { query: ReportQuery; answer: Report }
  /** Writes down what stands ready by now, for reports that others make. */
  keep_standing: { query: undefined; answer: null }
  requests: { query: { since: number; limit: number }; answer: readonly RequestSummary[] }
  request: { query: string; answer: RequestDetail | undefined }
  learned_ratios: { query: undefined; answer: readonly LearnedRatio[] }
  count_tokens: { query: Uncounted; answer: TokenCounts }
  count_past: { query: PastQuery; answer: null }
}

export type QuestionKind = keyof LedgerQuestions

export type Question = {
  [Kind in QuestionKind]: { kind: Kind; id: number; query: LedgerQuestions[Kind]['query'] }
}[QuestionKind]

export type MessageToThread =
  | Question
  | { kind: 'stop' }
  /** From now on these providers cost by the hour. */
  | { kind: 'standing'; costs: HourlyCosts }
  /** Answered: to be compared and forgotten. */
  | { kind: 'prompts'; handed: HandedOver }

export type MessageFromThread =
  | { kind: 'ready' }
  | { kind: 'answer'; id: number; answer: LedgerQuestions[QuestionKind]['answer'] }
  | { kind: 'failure'; id: number; code: FailureCode; message: string }
  /** For the log: what the thread's own work met. */
  | { kind: 'warning'; message: string }
  /** How soon prompts of these workflows are repeated. */
  | { kind: 'reuse'; reuse: readonly WorkflowReuse[] }
