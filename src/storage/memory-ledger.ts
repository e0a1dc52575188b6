/** A bounded ledger in memory, for runtimes without a disk; it forgets the oldest requests first. */
import { forgetOldest } from '../forget-oldest.ts'
import type { BudgetAccount } from '../metering/budget.ts'
import type {
  AttemptOpened,
  AttemptSettled,
  Ledger,
  RequestOpened,
  RequestSettled,
} from '../metering/ledger.ts'
import type {
  LedgerReader,
  Report,
  ReportDimension,
  ReportQuery,
  RequestDetail,
  RequestSummary,
} from '../metering/reports.ts'
import { TOKEN_BUCKETS } from '../metering/tokens.ts'
import { isOwn } from './figure-sums.ts'
import { MemoryBudgets } from './memory-budgets.ts'
import { reportedParts } from './part-sums.ts'
import { isDerived, ReportBuilder, type ReportedAttempt, type ReportedRequest } from './report-builder.ts'
import { requestDetail, requestSummary, type StoredAttempt, type StoredRequest } from './stored-request.ts'

interface Entry {
  opened: RequestOpened
  settled: RequestSettled | undefined
  attempts: StoredAttempt[]
}

const DEFAULT_CAPACITY = 10_000

export class MemoryLedger implements Ledger, LedgerReader {
  readonly healthy = true
  readonly fault = undefined
  readonly backlog = { waiting: 0, lost: 0 }
  readonly #budgets = new MemoryBudgets()
  readonly #capacity: number
  readonly #entries = new Map<string, Entry>()

  /** `capacity` counts requests. */
  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity
  }

  openRequest(request: RequestOpened, attempt: AttemptOpened): Promise<void> {
    this.#open(request)
    return this.openAttempt(attempt)
  }

  async openAttempt(attempt: AttemptOpened): Promise<void> {
    if (attempt.reservations !== undefined) this.#budgets.reserve(attempt.reservations)
    const attempts = this.#entries.get(attempt.requestId)?.attempts
    if (attempts !== undefined) attempts[attempt.ordinal] ??= { opened: attempt, settled: undefined }
  }

  budgetSpent(account: BudgetAccount): number {
    return this.#budgets.spent(account)
  }

  settleAttempt(settled: AttemptSettled): void {
    if (settled.reservations !== undefined) this.#budgets.settle(settled.reservations, settled.costNanoUsd)
    const attempt = this.#entries.get(settled.requestId)?.attempts[settled.ordinal]
    if (attempt !== undefined) attempt.settled = settled
  }

  recountAttempt(recounted: AttemptSettled, beforeNanoUsd: number | undefined): void {
    const attempt = this.#entries.get(recounted.requestId)?.attempts[recounted.ordinal]
    if (attempt === undefined || attempt.settled?.costNanoUsd !== beforeNanoUsd) return
    attempt.settled = recounted
    const { reservations, costNanoUsd } = recounted
    if (reservations !== undefined) this.#budgets.correct(reservations, beforeNanoUsd, costNanoUsd)
  }

  settleRequest(settled: RequestSettled): void {
    const entry = this.#entries.get(settled.id)
    if (entry !== undefined) entry.settled = settled
  }

  recordUnsent(request: RequestOpened, settled: RequestSettled): void {
    this.#open(request)
    this.settleRequest(settled)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async report(query: ReportQuery): Promise<Report> {
    const builder = new ReportBuilder(query)
    for (const entry of this.#entries.values()) {
      if (entry.opened.at < query.since || entry.opened.at >= query.until) continue
      builder.add(reportedRequest(stored(entry), query.by))
    }
    return builder.finish()
  }

  async requests(query: { since: number; limit: number }): Promise<readonly RequestSummary[]> {
    return [...this.#entries.values()]
      .reverse()
      .filter((entry) => entry.opened.at >= query.since)
      .sort((a, b) => b.opened.at - a.opened.at)
      .slice(0, query.limit)
      .map((entry) => requestSummary(stored(entry)))
  }

  async request(id: string): Promise<RequestDetail | undefined> {
    const entry = this.#entries.get(id)
    return entry === undefined ? undefined : requestDetail(stored(entry))
  }

  #open(request: RequestOpened): void {
    if (this.#entries.has(request.id)) return
    this.#entries.set(request.id, { opened: request, settled: undefined, attempts: [] })
    forgetOldest(this.#entries, this.#capacity)
  }
}

function stored(entry: Entry): StoredRequest {
  // Ordinals may have gaps, which a list of rows has not.
  return { ...entry, attempts: entry.attempts.filter((attempt) => attempt !== undefined) }
}

function reportedRequest(request: StoredRequest, by: readonly ReportDimension[]): ReportedRequest {
  const { opened, settled, attempts } = request
  const tried = attempts.map(reportedAttempt)
  const sizes = by.includes('part') ? settled?.decision?.parts : undefined
  const cache = settled?.cache ?? null
  const callers = isOwn({ cache }) ? undefined : settled
  return {
    at: opened.at,
    failed: callers !== undefined && (callers.error !== undefined || callers.status >= 400),
    totalMs: callers?.totalMs ?? null,
    firstChunkMs: callers?.firstChunkMs ?? null,
    cache,
    baselineNanoUsd: settled?.baselineNanoUsd ?? null,
    savings: settled?.savings,
    shadow: settled?.shadow?.mechanism ?? null,
    shadowNanoUsd: settled?.shadow?.savedNanoUsd ?? null,
    semanticWrong: settled?.semanticWrong === undefined ? null : Number(settled.semanticWrong),
    labels: by.map((dimension) => label(request, dimension) ?? null),
    attempts: tried,
    parts: sizes && reportedParts(sizes, { cache, attempts: tried }),
  }
}

function reportedAttempt({ opened, settled }: StoredAttempt): ReportedAttempt {
  return {
    provider: opened.provider,
    model: opened.model,
    outcome: settled?.outcome ?? null,
    usage: settled?.usage ?? null,
    costNanoUsd: settled?.costNanoUsd ?? null,
    totalMs: settled?.totalMs ?? null,
    tokens: settled === undefined ? [] : TOKEN_BUCKETS.map((bucket) => settled.tokens[bucket]),
  }
}

function label({ opened, settled }: StoredRequest, dimension: ReportDimension): string | undefined {
  if (isDerived(dimension)) return undefined
  switch (dimension) {
    case 'workflow':
    case 'step':
    case 'rule':
    case 'team':
    case 'tenant':
    case 'user':
      return opened[dimension]
    case 'key':
      return opened.keyName
    case 'tier':
      return settled?.tier
    case 'arm':
      return settled?.decision?.policy.workflow
    case 'shadow_tier':
      return settled?.savings?.shadowRoute?.tier
    default: {
      const tag = dimension.slice('tag:'.length)
      return Object.hasOwn(opened.tags, tag) ? opened.tags[tag] : undefined
    }
  }
}
