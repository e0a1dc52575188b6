/** What budgets have spent and set aside, kept in the transactions that open and settle attempts. */
import type Database from 'better-sqlite3'
import type { BudgetAccount, Reservation } from '../metering/budget.ts'
import type { AttemptOpened, AttemptSettled } from '../metering/ledger.ts'
import { Overdraft } from '../metering/overdraft.ts'

/** As a row of `attempts` keeps it, for whoever settles a process that is gone. */
type KeptReservation = [budget: string, scope: string, period: number, amountNanoUsd: number]

/** Spans that no longer count are kept so long: another process may still be in the period before. */
const KEPT_MS = 86_400_000

export class BudgetStatements {
  readonly #spent: Database.Statement<[string, string, number], number>
  readonly #earlier: Database.Statement<[string, string, number], number>
  readonly #setAside: Database.Statement
  readonly #settle: Database.Statement
  readonly #forget: Database.Statement
  readonly #isOpen: Database.Statement
  readonly #close: Database.Statement
  readonly #costs: Database.Statement<[string, number, number | null], 1>
  readonly #correct: Database.Statement

  constructor(database: Database.Database) {
    this.#spent = database
      .prepare<[string, string, number], number>(
        `SELECT coalesce(sum(spent_nano_usd + reserved_nano_usd), 0) FROM budget_spend
         WHERE budget = ? AND scope = ? AND period >= ?`,
      )
      .pluck()
    this.#earlier = database
      .prepare<[string, string, number], number>(
        'SELECT sum(earlier_nano_usd) FROM budget_spend WHERE budget = ? AND scope = ? AND period >= ?',
      )
      .pluck()
    this.#setAside = database.prepare(
      `INSERT INTO budget_spend (budget, scope, period, spent_nano_usd, reserved_nano_usd) VALUES (?, ?, ?, 0, ?)
       ON CONFLICT DO UPDATE SET reserved_nano_usd = reserved_nano_usd + excluded.reserved_nano_usd`,
    )
    this.#settle = database.prepare(
      `UPDATE budget_spend SET reserved_nano_usd = reserved_nano_usd - ?, spent_nano_usd = spent_nano_usd + ?
       WHERE budget = ? AND scope = ? AND period = ?`,
    )
    this.#forget = database.prepare('DELETE FROM budget_spend WHERE budget = ? AND scope = ? AND period < ?')
    this.#isOpen = database.prepare('SELECT 1 FROM attempts WHERE request_id = ? AND ordinal = ?')
    this.#close = database.prepare(
      'UPDATE attempts SET reservations = NULL WHERE request_id = ? AND ordinal = ? AND reservations IS NOT NULL',
    )
    this.#costs = database.prepare(
      'SELECT 1 FROM attempts WHERE request_id = ? AND ordinal = ? AND cost_nano_usd IS ?',
    )
    this.#correct = database.prepare(
      `UPDATE budget_spend SET spent_nano_usd = spent_nano_usd + ? WHERE budget = ? AND scope = ? AND period = ?`,
    )
  }

  spent({ budget, scope, since }: BudgetAccount): number {
    return this.#spent.get(budget, scope, since) ?? 0
  }

  /** Of what is spent: before the budget was there. */
  earlier({ budget, scope, since }: BudgetAccount): number {
    return this.#earlier.get(budget, scope, since) ?? 0
  }

  /** Within a transaction that holds the write lock, so that nobody spends between the look and the writing. */
  reserve(
    { requestId, ordinal }: AttemptOpened,
    reservations: readonly Reservation[],
  ): Overdraft | undefined {
    // A commit that is tried again finds the row of an attempt that it had written already.
    if (this.#isOpen.get(requestId, ordinal) !== undefined) return undefined
    for (const reservation of reservations) {
      const { amountNanoUsd, mostNanoUsd } = reservation
      const spent = this.spent(reservation)
      if (mostNanoUsd !== undefined && spent + amountNanoUsd > mostNanoUsd) {
        return new Overdraft(reservation, spent)
      }
    }
    for (const { budget, scope, period, since, amountNanoUsd } of reservations) {
      this.#forget.run(budget, scope, since - KEPT_MS)
      this.#setAside.run(budget, scope, period, amountNanoUsd)
    }
    return undefined
  }

  /** Once an attempt: another process may have settled it, taking this one for dead. */
  settle({ requestId, ordinal, costNanoUsd }: AttemptSettled, reservations: readonly Reservation[]): void {
    if (this.#close.run(requestId, ordinal).changes === 0) return
    for (const reservation of reservations) this.#apply(kept(reservation), costNanoUsd)
  }

  /** What was spent, by what an attempt costs more or less than it was settled with; once, however often it is tried. */
  correct(
    { requestId, ordinal, costNanoUsd, reservations = [] }: AttemptSettled,
    beforeNanoUsd: number | undefined,
  ): void {
    if (this.#costs.get(requestId, ordinal, beforeNanoUsd ?? null) === undefined) return
    for (const { budget, scope, period, amountNanoUsd } of reservations) {
      const more = (costNanoUsd ?? amountNanoUsd) - (beforeNanoUsd ?? amountNanoUsd)
      if (more !== 0) this.#correct.run(more, budget, scope, period)
    }
  }

  /** As `settle`, from the row. */
  settleKept(requestId: string, ordinal: number, text: string, costNanoUsd: number | undefined): void {
    if (this.#close.run(requestId, ordinal).changes === 0) return
    for (const reservation of JSON.parse(text) as KeptReservation[]) this.#apply(reservation, costNanoUsd)
  }

  /** What cannot be priced after all counts as much as was set aside for it. */
  #apply([budget, scope, period, amount]: KeptReservation, costNanoUsd: number | undefined): void {
    this.#settle.run(amount, costNanoUsd ?? amount, budget, scope, period)
  }
}

/** For the column of `attempts`; null for none, which costs nothing. */
export function keptReservations(reservations: readonly Reservation[] | undefined): string | null {
  return reservations === undefined ? null : JSON.stringify(reservations.map(kept))
}

function kept({ budget, scope, period, amountNanoUsd }: Reservation): KeptReservation {
  return [budget, scope, period, amountNanoUsd]
}
