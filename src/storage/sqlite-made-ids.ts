/** Ids that providers made, in `ledger.db`: written together at the end of a turn, found in memory until then. */

import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { Failure } from '../errors.ts'
import { forgetOldest } from '../forget-oldest.ts'
import type { BatchClaim, MadeId, MadeIds } from '../routing/made-ids.ts'
import { type Deferred, deferred } from './deferred.ts'

interface MadeRow {
  id: string
  tenant: string
  provider: string
  account: string
  replica: string
  made_at: number
  used_at: number
  maker: string | null
  batch: string | null
  look_at: number | null
}

interface ClaimRow {
  billed_as: string | null
  billed_at: number | null
}

/** Another writer's lock is asked for again after so long; nobody's answer is held up beyond the second figure. */
const RETRY_MS = 10
const MOST_WAIT_MS = 2000
/** Beyond this many the oldest are given up: their ids go where unknown ids go. */
const MOST_WAITING = 50_000
const DAY_MS = 86_400_000

export interface SqliteMadeIdsOptions {
  /** The connection that serves, which gives up on a lock nearly at once; whoever opened it closes it. */
  database: Database.Database
  /** Unix milliseconds. */
  now: () => number
  warn: (message: string) => void
}

export class SqliteMadeIds implements MadeIds {
  readonly #options: SqliteMadeIdsOptions
  readonly #find: Database.Statement<[string], MadeRow>
  readonly #insert: Database.Statement
  readonly #use: Database.Statement
  readonly #claim: Database.Statement
  readonly #claimed: Database.Statement<[string], ClaimRow>
  readonly #isBilled: Database.Statement<[string], unknown>
  readonly #overdue: Database.Statement<[number, number], MadeRow>
  readonly #lookNext: Database.Statement<[number | null, string, number | null]>
  readonly #unbilled: Database.Statement<[], number>
  readonly #waiting = new Map<string, MadeId>()
  readonly #used = new Set<string>()
  readonly #billing = new Set<string>()
  #written: Deferred | undefined
  #flush: NodeJS.Immediate | undefined
  #retry: NodeJS.Timeout | undefined
  #warned = false

  constructor(options: SqliteMadeIdsOptions) {
    const { database } = options
    this.#options = options
    this.#find = database.prepare('SELECT * FROM made_ids WHERE id = ?')
    this.#insert = database.prepare(`
      INSERT INTO made_ids (id, tenant, provider, account, replica, made_at, used_at, maker, batch, look_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
    // One that is billed goes with its request, however often it is read.
    this.#use = database.prepare('UPDATE made_ids SET used_at = ? WHERE id = ? AND billed_as IS NULL')
    this.#claim = database.prepare(
      'UPDATE made_ids SET billed_as = ?, billed_at = ?, used_at = ? WHERE id = ? AND billed_as IS NULL',
    )
    this.#claimed = database.prepare('SELECT billed_as, billed_at FROM made_ids WHERE id = ?')
    // A row that a crash left was settled as interrupted since: it is billed anew, in the same row.
    this.#isBilled = database.prepare('SELECT 1 FROM requests WHERE id = ? AND status = 200')
    this.#overdue = database.prepare('SELECT * FROM made_ids WHERE look_at <= ? ORDER BY look_at LIMIT ?')
    this.#lookNext = database.prepare('UPDATE made_ids SET look_at = ? WHERE id = ? AND look_at IS ?')
    this.#unbilled = database
      .prepare<[], number>('SELECT count(*) FROM made_ids WHERE look_at IS NOT NULL')
      .pluck()
  }

  find(id: string): MadeId | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting !== undefined) return waiting
    const row = this.#find.get(id)
    if (row === undefined) return undefined
    if (this.#options.now() - row.used_at > DAY_MS) {
      this.#used.add(id)
      this.#schedule()
    }
    return madeId(row)
  }

  remember(made: readonly MadeId[]): Promise<void> {
    if (made.length === 0) return Promise.resolve()
    for (const one of made) if (!this.#waiting.has(one.id)) this.#waiting.set(one.id, one)
    forgetOldest(this.#waiting, MOST_WAITING)
    this.#schedule()
    this.#written ??= deferred()
    return atMost(MOST_WAIT_MS, this.#written.promise)
  }

  async claimBatch(fileId: string, first: BatchClaim): Promise<BatchClaim | undefined> {
    if (this.#billing.has(fileId)) return undefined
    this.#billing.add(fileId)
    try {
      const { requestId, at } = first
      await this.#whenUnlocked(() => this.#claim.run(requestId, at, at, fileId))
      const claimed = this.#claimed.get(fileId)
      const claim = { requestId: claimed?.billed_as ?? requestId, at: claimed?.billed_at ?? at }
      // It stays in `#billing` while this process runs: what it bills may wait to be written.
      return this.#isBilled.get(claim.requestId) === undefined ? claim : undefined
    } catch (error) {
      this.abandonBatch(fileId)
      throw error
    }
  }

  async billed({ requestId }: BatchClaim): Promise<void> {
    for (let waitedMs = 0; waitedMs < MOST_WAIT_MS; waitedMs += RETRY_MS) {
      if (this.#isBilled.get(requestId) !== undefined) return
      await pause(RETRY_MS)
    }
  }

  abandonBatch(fileId: string): void {
    this.#billing.delete(fileId)
  }

  overdue(now: number, most: number): readonly MadeId[] {
    return this.#overdue.all(now, most).map(madeId)
  }

  /** @throws Failure `ledger_unavailable` */
  async lookNext({ id, lookAt }: Pick<MadeId, 'id' | 'lookAt'>, at: number | undefined): Promise<boolean> {
    let isSet = false
    await this.#whenUnlocked(() => {
      isSet = this.#lookNext.run(at ?? null, id, lookAt ?? null).changes === 1
    })
    return isSet
  }

  unbilled(): number {
    return this.#unbilled.get() ?? 0
  }

  /** Writes what waits. */
  close(): void {
    this.#write()
    clearTimeout(this.#retry)
    this.#retry = undefined
  }

  #schedule(): void {
    if (this.#retry === undefined) this.#flush ??= setImmediate(() => this.#write())
  }

  #write(): void {
    clearImmediate(this.#flush)
    this.#flush = undefined
    this.#retry = undefined
    const { database, now } = this.#options
    if (!database.open) return this.#done()
    try {
      database
        .transaction(() => {
          for (const made of this.#waiting.values()) this.#insert.run(...toRow(made))
          for (const id of this.#used) this.#use.run(now(), id)
        })
        .immediate()
      this.#waiting.clear()
      this.#used.clear()
      this.#done()
    } catch (error) {
      this.#failed(error)
      this.#retry = setTimeout(() => this.#write(), RETRY_MS)
      this.#retry.unref()
    }
  }

  #done(): void {
    this.#written?.resolve()
    this.#written = undefined
    this.#warned = false
  }

  #failed(error: unknown): void {
    if (this.#warned || isBusy(error)) return
    this.#warned = true
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.warn(`Which account made which id cannot be written (${reason}); it is kept in memory.`)
  }

  async #whenUnlocked(write: () => void): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
      try {
        return write()
      } catch (error) {
        if (!isBusy(error) || waitedMs >= MOST_WAIT_MS) throw unavailable(this.#options.database.name, error)
        await pause(RETRY_MS)
      }
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
}

function unavailable(path: string, cause: unknown): Failure {
  return new Failure(
    'ledger_unavailable',
    `The ledger ${path} cannot be written at the moment, so that what is read would not be billed: read it again later.`,
    { cause },
  )
}

function toRow({ id, tenant, provider, account, replica, madeAt, maker, batch, lookAt }: MadeId): unknown[] {
  const json = maker === undefined ? null : JSON.stringify(maker)
  return [id, tenant, provider, account, replica, madeAt, madeAt, json, batch ?? null, lookAt ?? null]
}

function madeId({ id, tenant, provider, account, replica, made_at, maker, batch, look_at }: MadeRow): MadeId {
  return {
    id,
    tenant,
    provider,
    account,
    replica,
    madeAt: made_at,
    maker: maker === null ? undefined : JSON.parse(maker),
    batch: batch ?? undefined,
    lookAt: look_at ?? undefined,
  }
}

function atMost(milliseconds: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void promise.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
