/** The main thread's end of the ledger's thread: asks, and starts the thread again where it dies. */
import type { Worker } from 'node:worker_threads'
import { Failure } from '../../errors.ts'
import type {
  LedgerReader,
  Report,
  ReportQuery,
  RequestDetail,
  RequestSummary,
} from '../../metering/reports.ts'
import type { HourlyCosts } from '../../metering/standing-cost.ts'
import type { TokenCounts, Uncounted } from '../../metering/token-counter.ts'
import type { LearnedRatio } from '../../metering/token-ratios.ts'
import type {
  LedgerQuestions,
  LedgerThreadSettings,
  MessageFromThread,
  MessageToThread,
  PastQuery,
  QuestionKind,
} from './ledger-thread-messages.ts'
import { ThreadPromptWatch } from './thread-prompt-watch.ts'

export interface LedgerThreadOptions {
  settings: LedgerThreadSettings
  /** Starts a thread that runs `ledger-thread.ts`. */
  start: (settings: LedgerThreadSettings) => Worker
  warn: (message: string) => void
}

interface Pending {
  resolve: (answer: LedgerQuestions[QuestionKind]['answer']) => void
  reject: (failure: Failure) => void
}

/** Doubling between the two, so that a thread which cannot start does not keep the processor busy. */
const RESTART_MS = { first: 100, most: 5000 }
const STOP_WITHIN_MS = 3000

export class LedgerThread implements LedgerReader {
  readonly #options: LedgerThreadOptions
  readonly promptWatch = new ThreadPromptWatch((handed, transfer) => {
    const message: MessageToThread = { kind: 'prompts', handed }
    this.#worker?.postMessage(message, transfer)
  })
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #restart: NodeJS.Timeout | undefined
  #restartMs = RESTART_MS.first
  #lastId = 0
  #stopping = false
  #standing: HourlyCosts | undefined
  /** A thread that died knows nothing of what the one before it was told. */
  #wasThere = false

  constructor(options: LedgerThreadOptions) {
    this.#options = options
    this.#start()
  }

  /** False from a thread's death until the next has started. */
  get running(): boolean {
    return this.#worker !== undefined
  }

  report(query: ReportQuery): Promise<Report> {
    return this.#ask('report', query)
  }

  requests(query: { since: number; limit: number }): Promise<readonly RequestSummary[]> {
    return this.#ask('requests', query)
  }

  request(id: string): Promise<RequestDetail | undefined> {
    return this.#ask('request', id)
  }

  /** What the latest requests of the ledger teach. */
  learnedRatios(): Promise<readonly LearnedRatio[]> {
    return this.#ask('learned_ratios', undefined)
  }

  /** The texts are copied to the thread, which forgets them. */
  countTokens(uncounted: Uncounted): Promise<TokenCounts> {
    return this.#ask('count_tokens', uncounted)
  }

  /** Resolves once it is counted. */
  async countPast(query: PastQuery): Promise<void> {
    await this.#ask('count_past', query)
  }

  /** From now on these providers cost by the hour. */
  standing(costs: HourlyCosts): void {
    if (costs === this.#standing) return
    this.#standing = costs
    this.#tellStanding()
  }

  /** Resolves once what stands ready by now is in the file; at once, where nothing costs by the hour. */
  async keepStanding(): Promise<void> {
    if (this.#standing !== undefined && this.#standing.size > 0) await this.#ask('keep_standing', undefined)
  }

  #tellStanding(): void {
    const costs = this.#standing
    if (costs === undefined) return
    this.#worker?.postMessage({ kind: 'standing', costs } satisfies MessageToThread)
  }

  /** Ends after a last checkpoint; questions not answered by then fail. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#restart)
    const worker = this.#worker
    if (worker === undefined) return
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    this.promptWatch.flush()
    const message: MessageToThread = { kind: 'stop' }
    worker.postMessage(message)
    const impatient = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS)
    await ended
    clearTimeout(impatient)
  }

  #ask<Kind extends QuestionKind>(
    kind: Kind,
    query: LedgerQuestions[Kind]['query'],
  ): Promise<LedgerQuestions[Kind]['answer']> {
    const worker = this.#worker
    if (worker === undefined || this.#stopping) return Promise.reject(threadDied())
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject })
      worker.ref()
      worker.postMessage({ kind, id, query })
    })
  }

  #start(): void {
    const worker = this.#options.start(this.#options.settings)
    this.#worker = worker
    worker.on('message', (message: MessageFromThread) => this.#hear(message))
    worker.on('error', (error: unknown) => {
      // Errors of SQLite come without their message; the thread has said it then.
      if (error instanceof Error) this.#options.warn(`The ledger's thread failed (${error.message}).`)
    })
    worker.on('exit', () => this.#ended())
    // It serves the process and must not keep it alive, but while somebody waits for its answer.
    worker.unref()
  }

  #hear(message: MessageFromThread): void {
    switch (message.kind) {
      case 'ready':
        this.#restartMs = RESTART_MS.first
        if (this.#wasThere) this.#tellStanding()
        this.#wasThere = true
        break
      case 'warning':
        this.#options.warn(message.message)
        break
      case 'reuse':
        this.promptWatch.heard(message.reuse)
        break
      case 'answer':
        this.#take(message.id)?.resolve(message.answer)
        break
      case 'failure':
        this.#take(message.id)?.reject(new Failure(message.code, message.message))
        break
      default:
        message satisfies never
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#worker?.unref()
    return pending
  }

  #ended(): void {
    this.#worker = undefined
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(threadDied())
    if (this.#stopping) return
    this.#options.warn(`The ledger's thread ended; it starts again in ${this.#restartMs} ms.`)
    this.#restart = setTimeout(() => this.#start(), this.#restartMs)
    this.#restart.unref()
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MS.most)
  }
}

function threadDied(): Failure {
  return new Failure(
    'ledger_unavailable',
    'The thread that reads the ledger is not running at the moment; it is being started again, so ask once more.',
  )
}
