/** The ledger on SQLite: everything of one turn of the event loop is committed together at its end. */
import { setTimeout as wait } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { Failure } from '../errors.ts'
import type { BudgetAccount } from '../metering/budget.ts'
import type {
  AttemptOpened,
  AttemptSettled,
  Ledger,
  RequestOpened,
  RequestSettled,
} from '../metering/ledger.ts'
import { type CommitOutcome, commitRows, DISPLACED } from './commit-rows.ts'
import type { ProcessIdentity } from './instances.ts'
import { LedgerStatements, type LedgerWrite } from './ledger-statements.ts'
import { ledgerUnavailable } from './ledger-unavailable.ts'
import { OpenRequests } from './open-requests.ts'
import { Outage } from './outage.ts'
import { UnwrittenOpenings } from './unwritten-openings.ts'
import { WriteBatch } from './write-batch.ts'

export interface SqliteLedgerOptions {
  /** A connection for writing, used by nobody who waits for locks; `close()` closes it. */
  database: Database.Database
  /** This process, as it was registered. */
  self: ProcessIdentity
  /** Unix milliseconds. */
  now: () => number
  /** Told when an outage begins, each minute while it lasts, when it ends, and of every row given up. */
  warn: (message: string) => void
}

/** A transaction of this many rows takes about 2 ms; more would keep other writers and this loop waiting. */
const MAX_BATCH = 500
/** Another writer's lock is asked for again after this long, doubling up to the second figure. */
const BUSY_RETRY_MS = { first: 1, most: 20 }
/** An opening that found no lock within this time is refused. */
const MAX_OPEN_WAIT_MS = 2000
const BROKEN_RETRY_MS = 250
/** About 50 MB; settlements beyond it are given up, and counted. */
const MAX_KEPT_ROWS = 50_000
const FLUSH_LOOK_MS = 5
const CLOSE_RETRIES = { times: 250, everyMs: 20 }

export class SqliteLedger implements Ledger {
  readonly #options: SqliteLedgerOptions
  readonly #statements: LedgerStatements
  readonly #unwritten = new UnwrittenOpenings()
  readonly #open = new OpenRequests()
  readonly #batches: WriteBatch[] = []
  readonly #overdrawn = (write: LedgerWrite) => this.#statements.overdrawn(write)
  readonly #flush = (): void => this.#writeOldest()
  readonly #refuseRow = (reason: string): void => this.#giveUp(reason)
  readonly #outage: Outage
  #kept = 0
  #lost = 0
  #displaced = false
  #retryMs = BUSY_RETRY_MS.first
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: SqliteLedgerOptions) {
    this.#options = options
    this.#statements = new LedgerStatements(options.database, options.self, this.#open)
    this.#outage = new Outage(options.database.name, options)
  }

  get healthy(): boolean {
    return this.#outage.fault === undefined
  }

  get fault(): string | undefined {
    return this.#outage.fault
  }

  /** To be told now and then whether the file is where it was: what is written to a deleted one is lost. */
  located(isThere: boolean): void {
    if (this.#displaced === !isThere) return
    this.#displaced = !isThere
    this.#writeOldest()
  }

  get backlog(): { waiting: number; lost: number } {
    return { waiting: this.#kept, lost: this.#lost }
  }

  /** Requests that lie open in the file; those left when the ledger is closed are another process's to settle. */
  get openRequests(): number {
    return this.#open.count
  }

  openRequest(request: RequestOpened, attempt: AttemptOpened): Promise<void> {
    return this.#enqueue({ kind: 'request', request, attempt })
  }

  openAttempt(attempt: AttemptOpened): Promise<void> {
    return this.#enqueue({ kind: 'attempt', attempt })
  }

  settleAttempt(settled: AttemptSettled): void {
    const opening = this.#unwritten.takeFor(settled)
    if (opening !== undefined) this.#add(opening)
    this.#add({ kind: 'attempt_settled', settled })
  }

  recountAttempt(recounted: AttemptSettled, beforeNanoUsd: number | undefined): void {
    this.#add({ kind: 'attempt_recounted', recounted, beforeNanoUsd })
  }

  settleRequest(settled: RequestSettled): void {
    this.#add(this.#unwritten.takeUnsent(settled) ?? { kind: 'request_settled', settled })
  }

  recordUnsent(request: RequestOpened, settled: RequestSettled): void {
    this.#unwritten.forget(request.id)
    this.#add({ kind: 'unsent', request, settled })
  }

  budgetSpent(account: BudgetAccount): number {
    return this.#statements.budgets.spent(account)
  }

  /** Resolves once what was added until now is written, or given up. */
  async flushed(): Promise<void> {
    const last = this.#batches.at(-1)
    while (last !== undefined && this.#batches.includes(last)) await wait(FLUSH_LOOK_MS)
  }

  /** To be called now and then: a process with nothing to write moves its mark on, about once a minute. */
  keepMark(): void {
    const isQuiet = this.#batches.length === 0 && this.#timer === undefined
    if (isQuiet && this.#open.isOverdue(this.#options.now())) this.#writeOldest()
  }

  async close(): Promise<void> {
    for (
      let tries = 0;
      this.#batches.length > 0 && !this.#displaced && tries < CLOSE_RETRIES.times;
      tries++
    ) {
      this.#writeOldest()
      if (!this.healthy || this.#timer !== undefined) await wait(CLOSE_RETRIES.everyMs)
    }
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#refuseOpenings(new Failure('ledger_unavailable', 'The ledger is closed: trimtab is stopping.'))
    if (this.#kept > 0) {
      this.#options.warn(`The ledger closes without ${this.#kept} rows that could not be written.`)
    }
    this.#outage.closed()
    this.#options.database.close()
  }

  /** Everyone who opens in one turn shares a promise. */
  #enqueue(write: Extract<LedgerWrite, { kind: 'request' | 'attempt' }>): Promise<void> {
    if (!this.healthy) {
      this.#unwritten.keep(write)
      return Promise.reject(ledgerUnavailable(this.#options.database.name))
    }
    const batch = this.#add(write)
    return batch.openings.wait(write)
  }

  #add(write: LedgerWrite): WriteBatch {
    let batch = this.#batches.at(-1)
    if (batch === undefined || batch.writes.length >= MAX_BATCH) {
      batch = new WriteBatch(this.#options.now())
      this.#batches.push(batch)
      if (this.#timer === undefined) this.#immediate ??= setImmediate(this.#flush)
    }
    batch.writes.push(write)
    this.#kept++
    if (this.#kept > MAX_KEPT_ROWS) this.#giveUpOldest()
    return batch
  }

  #writeOldest(): void {
    this.#cancelFlush()
    if (!this.#options.database.open) return
    const batch = this.#batches[0]
    const outcome = this.#displaced
      ? DISPLACED
      : commitRows(this.#statements, batch?.writes ?? [], this.#options.now(), this.#refuseRow)
    if (outcome.kind !== 'written') {
      this.#writeLater(outcome)
      return
    }
    this.#recovered()
    if (batch === undefined) return
    this.#batches.shift()
    this.#kept -= batch.writes.length
    batch.openings.written(this.#overdrawn)
    if (this.#batches.length > 0) this.#immediate = setImmediate(this.#flush)
  }

  #giveUp(reason: string): void {
    this.#lost++
    this.#options.warn(`A row of the ledger was given up, because no table takes it: ${reason}.`)
  }

  #writeLater(outcome: Exclude<CommitOutcome, { kind: 'written' }>): void {
    if (outcome.kind === 'broken') this.#failed(outcome.error.message)
    else if (this.#waitedTooLong()) this.#failed('another process keeps it locked')
    this.#timer = setTimeout(this.#flush, this.healthy ? this.#retryMs : BROKEN_RETRY_MS)
    this.#retryMs = Math.min(this.#retryMs * 2, BUSY_RETRY_MS.most)
  }

  #waitedTooLong(): boolean {
    const oldest = this.#batches[0]
    return oldest !== undefined && this.#options.now() - oldest.since > MAX_OPEN_WAIT_MS
  }

  #failed(reason: string): void {
    this.#outage.goesOn(reason, this.#kept)
    this.#refuseOpenings(ledgerUnavailable(this.#options.database.name))
  }

  #recovered(): void {
    this.#retryMs = BUSY_RETRY_MS.first
    this.#outage.ends()
  }

  #refuseOpenings(failure: Failure): void {
    for (const batch of this.#batches) this.#kept -= batch.refuseOpenings(failure, this.#unwritten)
  }

  #giveUpOldest(): void {
    const oldest = this.#batches.shift()
    if (oldest === undefined) return
    oldest.openings.refuse(ledgerUnavailable(this.#options.database.name))
    this.#kept -= oldest.writes.length
    this.#lost += oldest.writes.length
    this.#options.warn(
      `${oldest.writes.length} rows of the ledger were given up: too many wait to be written.`,
    )
  }

  #cancelFlush(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#immediate = undefined
    this.#timer = undefined
  }
}
