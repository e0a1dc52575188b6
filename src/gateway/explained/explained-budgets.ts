/** Which budgets count a request: what is spent of each, what it would set aside, and what happens to it. */
import { Failure } from '../../errors.ts'
import type { Budget, BudgetAccount, BudgetPeriod, Reservation } from '../../metering/budget.ts'
import { Overdraft } from '../../metering/overdraft.ts'
import type { Gateway, Incoming } from '../journey.ts'
import { type Held, reservationsFor, usedUp } from '../limits/budgets.ts'
import { expectedInput } from '../limits/expected-usage.ts'
import { type Decided, type ExplainedFailure, toldFailure } from './explain.ts'

/** Money is USD. */
export interface ExplainedBudget {
  /** As a sentence begins: `The budget of 2 usd a day for each user of workflow support`. */
  budget: string
  /** `day`, `week`, `month`, or the hours of a rolling one. */
  per: string
  each: string | null
  /** Whose spending is counted; empty for those without one. Null: everyone's. */
  account: string | null
  limit_usd: number
  /** Set aside for requests under way among it. */
  spent_usd: number
  /** Of `spent_usd`: before the budget was there, as the ledger tells. */
  earlier_usd: number
  /** The most that the request may cost at its first target; null where that has no price or nothing would be sent. */
  reserves_usd: number | null
  /** ISO 8601; null where the budget is rolling. */
  resets_at: string | null
  /** Shares of the limit that are reached, and what happens there. */
  reached: readonly string[]
  outcome: 'fits' | 'notify' | 'degrade' | 'block'
}

export interface BudgetSources extends Pick<Gateway, 'pricer' | 'tokenRatios'> {
  budgetSpent(account: BudgetAccount): number
  budgetEarlier(account: BudgetAccount): number
}

export function explainBudgets(
  incoming: Incoming,
  { held, targets, maxTokens, resolved }: Decided,
  sources: BudgetSources,
): { budgets: readonly ExplainedBudget[]; failure: ExplainedFailure | null } {
  const [first] = targets
  let reservations: readonly Reservation[] = []
  let failure: ExplainedFailure | null = null
  let uncounted = false
  try {
    const bytesPerToken = sources.tokenRatios.bytesPerToken(resolved.workflow)
    const input = expectedInput(incoming.request, bytesPerToken)
    const budgets = held.length === 0 ? undefined : held
    const asking = { incoming, gateway: sources, budgets, maxTokens, input }
    if (first !== undefined) reservations = reservationsFor(asking, first) ?? []
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failure = toldFailure(error)
    uncounted = true
  }
  const budgets = held.map((one, index): ExplainedBudget => {
    const reservation = reservations[index]
    const spentNanoUsd = sources.budgetSpent(one.account)
    const blocks = reservation !== undefined && isOverdrawn(reservation, spentNanoUsd)
    if (blocks) failure ??= toldFailure(usedUp(new Overdraft(reservation, spentNanoUsd), [one]))
    const spent = { spentNanoUsd, earlierNanoUsd: sources.budgetEarlier(one.account) }
    return explainBudget(one, spent, reservation, blocks || uncounted)
  })
  return { budgets, failure }
}

function explainBudget(
  { budget, account, resetsAt }: Held,
  { spentNanoUsd, earlierNanoUsd }: { spentNanoUsd: number; earlierNanoUsd: number },
  reservation: Reservation | undefined,
  blocks: boolean,
): ExplainedBudget {
  const reached = budget.steps.filter(({ atNanoUsd }) => spentNanoUsd >= atNanoUsd)
  const degrades = reached.some(({ action }) => action.kind === 'degrade')
  return {
    budget: budget.label,
    per: periodName(budget.period),
    each: budget.each ?? null,
    account: budget.each === undefined ? null : account.scope,
    limit_usd: budget.limitNanoUsd / 1e9,
    spent_usd: spentNanoUsd / 1e9,
    earlier_usd: earlierNanoUsd / 1e9,
    reserves_usd: reservation === undefined ? null : reservation.amountNanoUsd / 1e9,
    resets_at: budget.period.kind === 'rolling' ? null : new Date(resetsAt).toISOString(),
    reached: reached.map(stepWords),
    outcome: blocks ? 'block' : degrades ? 'degrade' : reached.length > 0 ? 'notify' : 'fits',
  }
}

function isOverdrawn({ amountNanoUsd, mostNanoUsd }: Reservation, spentNanoUsd: number): boolean {
  return mostNanoUsd !== undefined && spentNanoUsd + amountNanoUsd > mostNanoUsd
}

function stepWords({ share, action }: Budget['steps'][number]): string {
  return `${share}: ${action.kind === 'degrade' ? `degrade to ${action.tier}` : action.kind}`
}

function periodName(period: BudgetPeriod): string {
  return period.kind === 'rolling' ? `${period.ms / 3_600_000}h` : period.kind
}
