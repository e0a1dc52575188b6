/** The prepared statements of the ledger's write path: raw SQL, because a query builder costs ten times a row. */
import type Database from 'better-sqlite3'
import type { AttemptOpened, AttemptSettled, RequestOpened, RequestSettled } from '../metering/ledger.ts'
import type { Overdraft } from '../metering/overdraft.ts'
import { TOKEN_BUCKETS } from '../metering/tokens.ts'
import { BudgetStatements, keptReservations } from './budget-statements.ts'
import { type ProcessIdentity, prepareMark } from './instances.ts'
import type { OpenRequests } from './open-requests.ts'

export type LedgerWrite =
  | { kind: 'request'; request: RequestOpened; attempt: AttemptOpened }
  | { kind: 'attempt'; attempt: AttemptOpened }
  | { kind: 'attempt_settled'; settled: AttemptSettled }
  | { kind: 'attempt_recounted'; recounted: AttemptSettled; beforeNanoUsd: number | undefined }
  | { kind: 'request_settled'; settled: RequestSettled }
  | { kind: 'unsent'; request: RequestOpened; settled: RequestSettled }

export const TOKEN_COLUMNS: readonly string[] = TOKEN_BUCKETS.map((bucket) => `${bucket}_tokens`)

const INSERT_REQUEST = `
  INSERT INTO requests (id, at, instance, tenant, team, key_name, user, workflow, step, session, tags, endpoint,
    model_asked, rule, stream)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

const INSERT_ATTEMPT = `
  INSERT INTO attempts (request_id, ordinal, instance, provider, model, replica, account, tier, started_at,
    estimated_input_tokens, reservations)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

const SETTLE_ATTEMPT = `
  UPDATE attempts SET outcome = ?, status = ?, usage = ?, terms = ?, cost_nano_usd = ?, price_version = ?, first_chunk_ms = ?,
    total_ms = ?, ${TOKEN_COLUMNS.map((column) => `${column} = ?`).join(', ')}
  WHERE request_id = ? AND ordinal = ?`

const SETTLE_REQUEST = `
  UPDATE requests SET status = ?, error = ?, tier = ?, cache = ?, baseline_nano_usd = ?, savings = ?, shadow = ?,
    shadow_nano_usd = ?, semantic_wrong = ?, first_chunk_ms = ?, total_ms = ?,
    decision_version = ?, decision = ?
  WHERE id = ?`

export class LedgerStatements {
  readonly #self: ProcessIdentity
  readonly #open: OpenRequests
  readonly #begin: Database.Statement
  readonly #commit: Database.Statement
  readonly #rollback: Database.Statement
  readonly #insertRequest: Database.Statement
  readonly #insertAttempt: Database.Statement
  readonly #settleAttempt: Database.Statement
  readonly #settleRequest: Database.Statement
  readonly #mark: ReturnType<typeof prepareMark>
  readonly #database: Database.Database
  readonly budgets: BudgetStatements
  readonly #overdrawn = new WeakMap<LedgerWrite, Overdraft>()

  constructor(database: Database.Database, self: ProcessIdentity, open: OpenRequests) {
    this.#database = database
    this.#self = self
    this.#open = open
    this.budgets = new BudgetStatements(database)
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
    this.#insertRequest = database.prepare(INSERT_REQUEST)
    this.#insertAttempt = database.prepare(INSERT_ATTEMPT)
    this.#settleAttempt = database.prepare(SETTLE_ATTEMPT)
    this.#settleRequest = database.prepare(SETTLE_REQUEST)
    this.#mark = prepareMark(database, self)
  }

  /**
   * Writes all or nothing; with no writes it proves that the disk takes a row. `now` is Unix milliseconds.
   * @throws SqliteError
   */
  commit(writes: readonly LedgerWrite[], now: number): void {
    const mark = this.#open.markFor(writes, now)
    this.#begin.run()
    try {
      if (mark !== undefined) this.#mark(now, mark)
      for (const write of writes) this.#write(write)
      this.#commit.run()
    } finally {
      // Some errors end the transaction by themselves.
      if (this.#database.inTransaction) this.#rollback.run()
    }
    this.#open.committed(writes, mark, now)
  }

  #write(write: LedgerWrite): void {
    switch (write.kind) {
      case 'request':
        if (!this.#reserve(write)) break
        this.#openRequest(write.request)
        this.#openAttempt(write.attempt)
        break
      case 'attempt':
        if (!this.#reserve(write)) break
        this.#openAttempt(write.attempt)
        break
      case 'attempt_settled':
        if (write.settled.reservations !== undefined)
          this.budgets.settle(write.settled, write.settled.reservations)
        this.#attemptSettled(write.settled)
        break
      case 'attempt_recounted':
        this.budgets.correct(write.recounted, write.beforeNanoUsd)
        this.#attemptSettled(write.recounted)
        break
      case 'request_settled':
        this.#requestSettled(write.settled)
        break
      case 'unsent':
        this.#openRequest(write.request)
        this.#requestSettled(write.settled)
        break
      default:
        write satisfies never
    }
  }

  /** Why a write was left out; undefined where it was not. */
  overdrawn(write: LedgerWrite): Overdraft | undefined {
    return this.#overdrawn.get(write)
  }

  #reserve(write: Extract<LedgerWrite, { kind: 'request' | 'attempt' }>): boolean {
    const { reservations } = write.attempt
    if (reservations === undefined) return true
    const overdraft = this.budgets.reserve(write.attempt, reservations)
    if (overdraft === undefined) this.#overdrawn.delete(write)
    else this.#overdrawn.set(write, overdraft)
    return overdraft === undefined
  }

  #openRequest(row: RequestOpened): void {
    this.#insertRequest.run(
      row.id,
      row.at,
      this.#self.id,
      row.tenant,
      row.team,
      row.keyName,
      row.user,
      row.workflow,
      row.step,
      row.session,
      tagsJson(row.tags),
      row.endpoint,
      row.modelAsked,
      row.rule,
      row.stream ? 1 : 0,
    )
  }

  #openAttempt(row: AttemptOpened): void {
    this.#insertAttempt.run(
      row.requestId,
      row.ordinal,
      this.#self.id,
      row.provider,
      row.model,
      row.replica,
      row.account,
      row.tier,
      row.startedAt,
      row.estimatedInputTokens,
      keptReservations(row.reservations),
    )
  }

  #attemptSettled(row: AttemptSettled): void {
    const tokens = row.tokens
    this.#settleAttempt.run(
      row.outcome,
      row.status,
      row.usage,
      row.terms === undefined ? null : JSON.stringify(row.terms),
      row.costNanoUsd,
      row.priceVersion,
      rounded(row.firstChunkMs),
      Math.round(row.totalMs),
      // In the order of TOKEN_BUCKETS, spelled out: a loop and a spread cost as much as the statement.
      tokens.input,
      tokens.cache_read,
      tokens.cache_write_5m,
      tokens.cache_write_30m,
      tokens.cache_write_1h,
      tokens.audio_in,
      tokens.image_in,
      tokens.output,
      tokens.reasoning,
      tokens.audio_out,
      tokens.image_out,
      row.requestId,
      row.ordinal,
    )
  }

  #requestSettled(row: RequestSettled): void {
    this.#settleRequest.run(
      row.status,
      row.error,
      row.tier,
      row.cache,
      row.baselineNanoUsd,
      row.savings === undefined ? null : JSON.stringify(row.savings),
      row.shadow?.mechanism,
      row.shadow?.savedNanoUsd,
      row.semanticWrong === undefined ? null : Number(row.semanticWrong),
      rounded(row.firstChunkMs),
      Math.round(row.totalMs),
      row.decision.version,
      JSON.stringify(row.decision),
      row.id,
    )
  }
}

function rounded(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds)
}

/** Null for none, which is the most common. */
function tagsJson(tags: Readonly<Record<string, string>>): string | null {
  for (const _ in tags) return JSON.stringify(tags)
  return null
}
