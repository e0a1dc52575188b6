/** Takes budgets over that configuration and policies bring: what the ledger knows of their past is counted first. */
import { Failure } from '../../errors.ts'
import type { Budget } from '../../metering/budget.ts'
import type { BudgetPast, PastBudget } from '../../metering/budget-past.ts'
import type { PolicySet } from '../../policy/policy.ts'
import type { Held } from './budgets.ts'

interface AdoptionParts {
  /** Undefined where nothing is known of a past: what is there is all that there was. */
  past: BudgetPast | undefined
  now(): number
  /** One line for the operator. */
  warn(message: string): void
}

/** A request waits so long for a budget that is being counted. */
const MOST_WAIT_MS = 10_000
const RETRY_MS = 1000

export class BudgetAdoption {
  readonly #parts: AdoptionParts
  /** By id. */
  #held: ReadonlyMap<string, PastBudget> | undefined
  readonly #counting = new Map<string, Promise<void>>()
  #last: Promise<void> = Promise.resolve()
  /** Of the last change, in Unix milliseconds. */
  #changedAt = 0
  /** Goes up with each change of what is held. */
  revision = 0

  constructor(parts: AdoptionParts) {
    this.#parts = parts
  }

  /** To be called before the first request, and in the turn in which others are put in force. */
  adopt(installation: readonly Budget[], policies: PolicySet): void {
    const held = new Map(pastBudgets(installation, policies).map((budget) => [budget.id, budget]))
    const before = this.#held ?? new Map<string, PastBudget>()
    const made = [...held.values()].filter(({ id }) => !before.has(id))
    const released = [...before.keys()].filter((id) => !held.has(id))
    this.#held = held
    if (made.length + released.length === 0 || this.#parts.past === undefined) return
    this.revision++
    const { past, now } = this.#parts
    const at = Math.max(now(), this.#changedAt) + 1
    this.#changedAt = at
    // In their order: one that is taken out and put back is not counted before it was taken out.
    const counted = this.#last.then(() => this.#count(made, released, at, past))
    this.#last = counted
    for (const { id } of made) {
      this.#counting.set(id, counted)
      void counted.then(() => {
        if (this.#counting.get(id) === counted) this.#counting.delete(id)
      })
    }
  }

  /**
   * When an attempt is said to begin that begins at `now`: never before a change of what is held that came earlier in the same
   * millisecond, because the ledger tells by that time who has counted it.
   */
  startOf(now: number): number {
    return Math.max(now, this.#changedAt)
  }

  /** One that is in force and not adopted yet, for an instant, counts nobody yet. */
  holds(id: string): boolean {
    return this.#held === undefined || this.#held.has(id)
  }

  /** Undefined where all are counted, as they nearly always are. Rejects with a Failure `overloaded` after a while. */
  counted(budgets: readonly Held[]): Promise<void> | undefined {
    if (this.#counting.size === 0) return undefined
    const waited = budgets.flatMap(({ budget }) => this.#counting.get(budget.id) ?? [])
    if (waited.length === 0) return undefined
    return within(MOST_WAIT_MS, Promise.all(waited), budgets)
  }

  /** Again and again: a budget that is not counted holds its requests back. */
  async #count(
    budgets: readonly PastBudget[],
    released: readonly string[],
    at: number,
    past: BudgetPast,
  ): Promise<void> {
    for (let warned = false; ; warned = true) {
      try {
        return await past.count(budgets, released, at)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (!warned)
          this.#parts.warn(`What budgets have spent cannot be counted (${reason}); it is tried again.`)
        await pause(RETRY_MS)
      }
    }
  }
}

/** Those of the installation and of every policy. */
export function pastBudgets(installation: readonly Budget[], policies: PolicySet): readonly PastBudget[] {
  const workflows = [...policies.byWorkflow.keys()]
  // The default policy may be built in, and is not among the others then.
  const sets = new Set([...policies.inOrder, policies.default])
  return [...installation, ...[...sets].flatMap(({ budgets }) => budgets)].map((budget) => ({
    id: budget.id,
    period: budget.period,
    each: budget.each,
    workflow: budget.workflow,
    others: workflows.filter((name) => name !== budget.workflow),
  }))
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    if (typeof timer === 'object' && 'unref' in timer) timer.unref()
  })
}

async function within(
  milliseconds: number,
  counted: Promise<unknown>,
  [first]: readonly Held[],
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(notCounted(first)), milliseconds)
  })
  try {
    await Promise.race([counted, late])
  } finally {
    clearTimeout(timer)
  }
}

function notCounted(held: Held | undefined): Failure {
  const whose = held?.budget.label ?? 'A budget'
  const message = `${whose} is new, and what was spent before is still being counted: repeat in a few seconds.`
  return new Failure('overloaded', message, { retryAfterSeconds: 5 })
}
