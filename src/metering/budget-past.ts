/** What the ledger has to tell of a budget that was not there yet, and the port to whoever counts it. */
import type { Budget } from './budget.ts'

/** A budget, and the requests that it would have counted. */
export interface PastBudget extends Pick<Budget, 'id' | 'period' | 'each'> {
  /** Undefined: of the whole installation. */
  workflow: string | undefined
  /** Workflows that have policies of their own, where this is of the default policy: it counts all others. */
  others: readonly string[]
}

export interface BudgetPast {
  /**
   * Counts what was spent before `at` and is not counted yet, and has this process hold the budgets from then on; it holds
   * `released` no longer. Resolves once all of it is counted. `at` is Unix milliseconds.
   * @throws Failure `ledger_unavailable` where it cannot be counted now
   */
  count(budgets: readonly PastBudget[], released: readonly string[], at: number): Promise<void>
}
