/** A budget: so much money for a period, for everyone together or for each key, team, tenant, user or tag. */
import type { BudgetContent } from './budget-schema.ts'

export type BudgetPeriod =
  | { kind: 'day' | 'week' | 'month'; timeZone: string }
  /** The last so many milliseconds, at any time. */
  | { kind: 'rolling'; ms: number }

interface BudgetStep {
  /** Reached once this much is spent or reserved. */
  atNanoUsd: number
  /** Of the limit, as it was written: `80%`. */
  share: string
  action: { kind: 'notify' } | { kind: 'degrade'; tier: string }
}

export interface Budget {
  /** Of its row in the ledger: stays the same when the limit changes. */
  id: string
  /** Whose policy has it; undefined: the whole installation's. */
  workflow: string | undefined
  /** As a sentence begins: `The budget of 2 usd a day for each user of workflow support`. */
  label: string
  period: BudgetPeriod
  /** `key`, `team`, `tenant`, `user` or `tag:NAME`; undefined: one limit for all. */
  each: string | undefined
  limitNanoUsd: number
  /** Nothing more is begun beyond; undefined where the budget only notifies or degrades. */
  blockNanoUsd: number | undefined
  /** Lowest first. */
  steps: readonly BudgetStep[]
}

/** Where the spending of one budget, one of its scopes and one period is counted. Times are Unix milliseconds. */
export interface BudgetAccount {
  budget: string
  scope: string
  /** Beginning of the span in which spending is written down now. */
  period: number
  /** Spending written down from here on counts. */
  since: number
}

/** What an attempt may cost at most, set aside before it is sent. */
export interface Reservation extends BudgetAccount {
  amountNanoUsd: number
  /** What the account may hold; undefined: anything. */
  mostNanoUsd: number | undefined
}

/** `workflow` is undefined for budgets of the whole installation. */
export function budgetsOf(written: readonly BudgetContent[], workflow: string | undefined): Budget[] {
  const alike = new Map<string, number>()
  return written.map((content) => {
    const kind = [workflow ?? '', content.per, content.time_zone, content.each ?? ''].join('/')
    // Two budgets of one kind are counted apart, or each would count the other's spending too.
    const index = alike.get(kind) ?? 0
    alike.set(kind, index + 1)
    return toBudget(content, `${kind}/${index}`, workflow)
  })
}

function toBudget(content: BudgetContent, id: string, workflow: string | undefined): Budget {
  const limitNanoUsd = content.limit
  const steps: BudgetStep[] = []
  let blockNanoUsd: number | undefined
  for (const [share, action] of Object.entries(content.at)) {
    const atNanoUsd = Math.floor((limitNanoUsd * Number.parseInt(share, 10)) / 100)
    if (action === 'block') blockNanoUsd = Math.min(blockNanoUsd ?? atNanoUsd, atNanoUsd)
    else {
      const step =
        action === 'notify'
          ? ({ kind: 'notify' } as const)
          : ({ kind: 'degrade', tier: action.degrade } as const)
      steps.push({ atNanoUsd, share, action: step })
    }
  }
  const period: BudgetPeriod =
    typeof content.per === 'number'
      ? { kind: 'rolling', ms: content.per }
      : { kind: content.per, timeZone: content.time_zone }
  const each = content.each === undefined ? '' : ` for each ${content.each}`
  const whose = workflow === undefined ? ' of this installation' : ` of workflow ${workflow}`
  return {
    id,
    workflow,
    label: `The budget of ${limitNanoUsd / 1e9} usd ${periodWords(period)}${each}${whose}`,
    period,
    each: content.each,
    limitNanoUsd,
    blockNanoUsd,
    steps: steps.sort((one, other) => one.atNanoUsd - other.atNanoUsd),
  }
}

function periodWords(period: BudgetPeriod): string {
  if (period.kind !== 'rolling') return `a ${period.kind}`
  const hours = period.ms / 3_600_000
  return hours >= 48 && hours % 24 === 0 ? `in any ${hours / 24} days` : `in any ${hours} hours`
}
