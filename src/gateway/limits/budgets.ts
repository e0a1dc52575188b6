/** What a request's budgets allow: which tiers it may ask, and what is set aside before it leaves. */

import { Failure } from '../../errors.ts'
import { forgetOldest } from '../../forget-oldest.ts'
import type { Budget, BudgetAccount, Reservation } from '../../metering/budget.ts'
import { type Span, spanAt } from '../../metering/budget-period.ts'
import type { Ledger } from '../../metering/ledger.ts'
import type { MeterSubject } from '../../metering/meter.ts'
import type { Overdraft } from '../../metering/overdraft.ts'
import type { Pricer } from '../../metering/price.ts'
import type { Policy } from '../../policy/policy.ts'
import { targetName } from '../headers.ts'
import type { Incoming, Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import type { BudgetAdoption } from './budget-adoption.ts'
import { type ExpectedUsage, expectedUsages, isUncountable } from './expected-usage.ts'

/** Beyond this many the oldest are forgotten. */
const MOST_NOTICES = 100

/** One budget as it stands for one request. */
export interface Held {
  budget: Budget
  account: BudgetAccount
  /** Whose it is, as a message ends: ` (user ann)`. */
  whose: string
  resetsAt: number
}

interface BudgetParts {
  installation(): readonly Budget[]
  ledger: Pick<Ledger, 'budgetSpent'>
  /** Undefined where budgets are looked at, and nothing is asked. */
  adoption?: BudgetAdoption | undefined
  now(): number
  /** One line for the operator. */
  warn(message: string): void
}

export class Budgets {
  readonly adoption: BudgetAdoption | undefined
  readonly #parts: BudgetParts
  readonly #spans = new WeakMap<Budget, Span>()
  readonly #notices = new Map<string, { message: string; until: number }>()

  constructor(parts: BudgetParts) {
    this.#parts = parts
    this.adoption = parts.adoption
  }

  /** What was reached and is not over, for `/readyz`. */
  notices(): { message: string }[] {
    const now = this.#parts.now()
    return [...this.#notices.values()].filter(({ until }) => until > now).map(({ message }) => ({ message }))
  }

  /** The budgets that count a request; undefined for none. */
  heldBy(incoming: Incoming, policy: Policy): readonly Held[] | undefined {
    const installation = this.#parts.installation()
    if (installation.length === 0 && policy.budgets.length === 0) return undefined
    const held = [...installation, ...policy.budgets].filter(({ id }) => this.adoption?.holds(id) !== false)
    return held.length === 0 ? undefined : held.map((budget) => this.#hold(budget, incoming))
  }

  /** Goes up with each change of what is held. */
  get revision(): number {
    return this.adoption?.revision ?? 0
  }

  /** When an attempt is said to begin that begins at `now`; both are Unix milliseconds. */
  startOf(now: number): number {
    return this.adoption?.startOf(now) ?? now
  }

  /** The tiers to which budgets that are nearly spent hold a request; tells the operator what was reached. */
  reached(held: readonly Held[]): string[] {
    return held.flatMap((one) => {
      const { budget, account } = one
      if (budget.steps.length === 0) return []
      const spent = this.#parts.ledger.budgetSpent(account)
      const steps = budget.steps.filter(({ atNanoUsd }) => spent >= atNanoUsd)
      for (const step of steps) this.#tell(one, step.share, spent)
      return steps.flatMap(({ action }) => (action.kind === 'degrade' ? [action.tier] : []))
    })
  }

  /** As the ledger stands; by the time of the attempt it may have changed. */
  haveRoom(reservations: readonly Reservation[]): boolean {
    return reservations.every(
      (one) =>
        one.mostNanoUsd === undefined ||
        this.#parts.ledger.budgetSpent(one) + one.amountNanoUsd <= one.mostNanoUsd,
    )
  }

  #hold(budget: Budget, incoming: Incoming): Held {
    const now = this.#parts.now()
    let span = this.#spans.get(budget)
    if (span === undefined || now >= span.end || now < span.start) {
      span = spanAt(budget.period, now)
      this.#spans.set(budget, span)
    }
    const scope = budget.each === undefined ? '' : scopeOf(budget.each, incoming)
    return {
      budget,
      account: { budget: budget.id, scope, period: span.start, since: span.since },
      whose: budget.each === undefined ? '' : ` (${scope === '' ? `no ${budget.each}` : scope})`,
      resetsAt: span.end,
    }
  }

  #tell({ budget, account, whose, resetsAt }: Held, share: string, spent: number): void {
    const name = JSON.stringify([account.budget, account.scope, share])
    const known = this.#notices.get(name)
    if (known !== undefined && known.until > this.#parts.now()) return
    const message = `${budget.label}${whose} has reached ${share}: ${usd(spent)} usd are spent or set aside.`
    this.#notices.delete(name)
    this.#notices.set(name, { message, until: resetsAt })
    forgetOldest(this.#notices, MOST_NOTICES)
    this.#parts.warn(message)
  }
}

/** Targets from the cheapest tier on that a budget names; all, where the plan has no such tier. */
export function degraded(targets: readonly Target[], tiers: readonly string[]): readonly Target[] {
  let kept = targets
  for (const tier of tiers) {
    const first = kept.findIndex((target) => target.tier === tier)
    if (first > 0) kept = kept.slice(first)
  }
  return kept
}

/** What is read of a journey to set money aside for it. */
interface Reserving extends Pick<Journey, 'incoming' | 'budgets' | 'maxTokens'> {
  gateway: Pick<Journey['gateway'], 'pricer'>
  input: Pick<Journey['input'], 'tokens'>
}

/**
 * What an attempt may cost at most, set aside in each budget.
 * @throws Failure `insufficient_quota` where the model has no price, or the answer tells no usage: what cannot be counted cannot be held to a budget
 */
export function reservationsFor(
  { incoming, gateway, budgets, maxTokens, input }: Reserving,
  { provider, model }: Pick<Target, 'provider' | 'model'>,
): readonly Reservation[] | undefined {
  if (budgets === undefined) return undefined
  const { request } = incoming
  if (request.passed !== undefined && isUncountable(request)) {
    throw new Failure(
      'insufficient_quota',
      `${budgets[0]?.budget.label} cannot count what ${request.passed.method} /v1/${request.passed.path.slice(0, 100)} costs, which its answer does not tell: ask where no budget counts, or the provider itself.`,
    )
  }
  const maxOutputTokens = provider.models.get(model)?.maxOutputTokens
  const expected = expectedUsages(request, input.tokens, { maxTokens, maxOutputTokens })
  if (expected.length === 0) return undefined
  const { name, priceProvider } = provider
  const subject = { provider: name, priceProvider, model, at: incoming.at }
  const price = firstPrice(gateway.pricer(), subject, expected)
  if (price === undefined) {
    const [first] = budgets
    throw new Failure(
      'insufficient_quota',
      `${first?.budget.label} cannot count ${targetName({ provider, model })}, whose price is unknown: state it under prices.overrides, or ask for another model.`,
      { param: 'model' },
    )
  }
  return budgets.map(({ budget, account }) => ({
    ...account,
    amountNanoUsd: price.costNanoUsd,
    mostNanoUsd: budget.blockNanoUsd,
  }))
}

function firstPrice(pricer: Pricer, subject: MeterSubject, expected: readonly ExpectedUsage[]) {
  for (const { tokens, terms } of expected) {
    const price = pricer.price({ ...subject, tokens, terms })
    if (price !== undefined) return price
  }
  return undefined
}

export function usedUp({ reservation, spentNanoUsd }: Overdraft, held: readonly Held[]): Failure {
  const one = held.find(({ account }) => account.budget === reservation.budget)
  if (one === undefined) return new Failure('insufficient_quota', 'A budget is used up.')
  const { budget, whose, resetsAt } = one
  const end =
    budget.period.kind === 'rolling'
      ? 'room is made as spending grows older than that'
      : `it starts anew at ${new Date(resetsAt).toISOString()}`
  return new Failure(
    'insufficient_quota',
    `${budget.label}${whose} is used up: ${usd(spentNanoUsd)} of ${usd(budget.limitNanoUsd)} usd are spent or set aside, this request may cost ${usd(reservation.amountNanoUsd)} usd, and ${end}.`,
  )
}

/** Empty where a request has none, and shared by all such requests: nobody gets around a budget by leaving it out. */
function scopeOf(each: string, { principal, labels }: Incoming): string {
  switch (each) {
    case 'key':
      return principal.key === undefined ? '' : `${principal.key.name} ${principal.key.id}`
    case 'team':
      return principal.team ?? ''
    case 'tenant':
      return principal.tenant
    case 'user':
      return labels.user === undefined ? '' : labels.user
    default: {
      const tag = each.slice('tag:'.length)
      return Object.hasOwn(labels.tags, tag) ? (labels.tags[tag] ?? '') : ''
    }
  }
}

function usd(nanoUsd: number): string {
  return String(Number((nanoUsd / 1e9).toPrecision(6)))
}
