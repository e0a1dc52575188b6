/** The promises of those who opened something in one turn: one for all, and one for each whose budget may refuse it. */
import type { Overdraft } from '../metering/overdraft.ts'
import { type Deferred, deferred } from './deferred.ts'
import type { LedgerWrite } from './ledger-statements.ts'

export class Openings {
  #shared: Deferred | undefined
  /** Made for the first: a turn without budgets must not pay for them. */
  #own: Map<LedgerWrite, Deferred> | undefined

  get isEmpty(): boolean {
    return this.#shared === undefined && this.#own === undefined
  }

  wait(write: Extract<LedgerWrite, { kind: 'request' | 'attempt' }>): Promise<void> {
    if (write.attempt.reservations === undefined) {
      this.#shared ??= deferred()
      return this.#shared.promise
    }
    const own = deferred()
    this.#own ??= new Map()
    this.#own.set(write, own)
    return own.promise
  }

  /** `overdrawn` tells why a write was left out. */
  written(overdrawn: (write: LedgerWrite) => Overdraft | undefined): void {
    this.#shared?.resolve()
    for (const [write, own] of this.#own ?? []) {
      const overdraft = overdrawn(write)
      if (overdraft === undefined) own.resolve()
      else own.reject(overdraft)
    }
  }

  /** Forgets them too. */
  refuse(failure: Error): void {
    this.#shared?.reject(failure)
    for (const own of this.#own?.values() ?? []) own.reject(failure)
    this.#shared = undefined
    this.#own = undefined
  }
}
