/** What budgets have spent and set aside, in memory. */
import type { BudgetAccount, Reservation } from '../metering/budget.ts'
import { Overdraft } from '../metering/overdraft.ts'

export class MemoryBudgets {
  /** Nano-dollars by span, by budget and scope. */
  readonly #accounts = new Map<string, Map<number, number>>()

  spent({ budget, scope, since }: BudgetAccount): number {
    let sum = 0
    for (const [period, spent] of this.#spans(budget, scope)) if (period >= since) sum += spent
    return sum
  }

  /** @throws Overdraft where nothing was set aside */
  reserve(reservations: readonly Reservation[]): void {
    for (const reservation of reservations) {
      const { amountNanoUsd, mostNanoUsd } = reservation
      const spent = this.spent(reservation)
      if (mostNanoUsd !== undefined && spent + amountNanoUsd > mostNanoUsd) {
        throw new Overdraft(reservation, spent)
      }
    }
    for (const reservation of reservations) this.#add(reservation, reservation.amountNanoUsd)
  }

  /** A cost that is unknown counts as much as was set aside for it. */
  settle(reservations: readonly Reservation[], costNanoUsd: number | undefined): void {
    if (costNanoUsd === undefined) return
    for (const reservation of reservations) this.#add(reservation, costNanoUsd - reservation.amountNanoUsd)
  }

  /** By what was settled at one cost and has another. */
  correct(
    reservations: readonly Reservation[],
    beforeNanoUsd: number | undefined,
    costNanoUsd: number | undefined,
  ): void {
    for (const reservation of reservations) {
      const { amountNanoUsd } = reservation
      this.#add(reservation, (costNanoUsd ?? amountNanoUsd) - (beforeNanoUsd ?? amountNanoUsd))
    }
  }

  #add({ budget, scope, period, since }: BudgetAccount, nanoUsd: number): void {
    const spans = this.#spans(budget, scope)
    spans.set(period, (spans.get(period) ?? 0) + nanoUsd)
    for (const old of spans.keys()) if (old < since) spans.delete(old)
  }

  #spans(budget: string, scope: string): Map<number, number> {
    const name = JSON.stringify([budget, scope])
    let spans = this.#accounts.get(name)
    if (spans === undefined) {
      spans = new Map()
      this.#accounts.set(name, spans)
    }
    return spans
  }
}
