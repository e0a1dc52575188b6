/** What a runtime brings: Node's sockets and SQLite, or Workers' fetch and bindings. */
import type { Sha256 } from './access/api-key.ts'
import type { KeyStore } from './access/key-store.ts'
import type { ExactStore } from './cache/exact-store.ts'
import type { SemanticCache } from './cache/semantic/semantic-cache.ts'
import type { Observer } from './gateway/observer.ts'
import type { AnswerReport } from './http/answer-report.ts'
import type { OpenExchange } from './http/exchange.ts'
import type { CommandStanding } from './http/health.ts'
import type { Knowledge } from './knowledge/knowledge.ts'
import type { ImageFitter } from './media/image-fitter.ts'
import type { BudgetPast } from './metering/budget-past.ts'
import type { Ledger } from './metering/ledger.ts'
import type { Metrics } from './metering/metrics.ts'
import type { PromptWatch } from './metering/prefix/prompt-watch.ts'
import type { LedgerReader } from './metering/reports.ts'
import type { TokenCounter } from './metering/token-counter.ts'
import type { TokenRatios } from './metering/token-ratios.ts'
import type { PolicySet } from './policy/policy.ts'
import type { Problem } from './policy/problem.ts'
import type { Transport } from './providers/transport.ts'
import type { Classifier } from './routing/classifier.ts'
import type { Learning } from './routing/learn/learning.ts'
import type { MadeIds } from './routing/made-ids.ts'

export interface Runtime {
  network: Transport
  /** One request may go on with what another began: embeddings of several callers go in one call. */
  joinsCalls?: boolean
  ledger: Ledger
  reader: LedgerReader
  /** Undefined where nothing beside the requests can. */
  answerReport?: AnswerReport | undefined
  tokenRatios: TokenRatios
  /** Undefined where no thread can count beside the requests: what providers do not count is told by its size then. */
  tokenCounter: TokenCounter | undefined
  /** Undefined where no thread can compare prompts beside the requests. */
  promptWatch?: PromptWatch | undefined
  keys: KeyStore
  madeIds: MadeIds
  /** Undefined where nothing is kept from before the start. */
  budgetPast?: BudgetPast | undefined
  exactStore: ExactStore
  /** Undefined where the runtime has none, or it is not open yet. */
  semanticCache(): SemanticCache | undefined
  /** Undefined where no policy needs one, or it is not open yet. */
  classifier(): Classifier | undefined
  /** Undefined where the runtime has no documents, or they are not open yet. */
  knowledge(): Knowledge | undefined
  /** Undefined where no policy learns, or it is not open yet. */
  learning(): Learning | undefined
  /** Undefined where no policy needs it, or the runtime has none. */
  imageFitter?(): ImageFitter | undefined
  policies: { current(): PolicySet; problems(): readonly Problem[] }
  openExchange: OpenExchange
  /** The model servers that are started; undefined where the runtime starts none. */
  commands?: (() => readonly CommandStanding[]) | undefined
  /** What those hold of memory. */
  commandMemory?: (() => readonly { provider: string; bytes: number }[]) | undefined
  /** Undefined: the admin API is closed. */
  adminKey: string | undefined
  sha256: Sha256
  /** Unix milliseconds. */
  now(): number
  /** Milliseconds of a clock that never jumps. */
  elapsedMs(): number
  random(): number
  /** With what the runtime itself counts; traffic and state are added. */
  metrics: Metrics
  /** Told of traffic besides: the access log, traces. */
  observers: readonly Observer[]
  /** One of the observers sends spans. */
  traces: boolean
  /** One line for the operator. */
  warn(message: string): void
  /** A failure that is ours, for the log; no caller ever sees it. The id is empty where it is no request's. */
  failed(error: unknown, requestId: string): void
}
