/** A request in the ledger for what a provider did after its request was answered: a batch, a response in the background. */
import type { AttemptOutcome } from '../../metering/ledger.ts'
import { type Metered, priceUsage, unbilled } from '../../metering/meter.ts'
import type { Usage } from '../../metering/tokens.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import type { Policy } from '../../policy/policy.ts'
import type { BatchClaim, LateEndpoint, Maker } from '../../routing/made-ids.ts'
import { Entry } from '../entry.ts'
import { targetName } from '../headers.ts'
import type { Gateway, Incoming } from '../journey.ts'
import type { Destination } from '../outbound.ts'

/** Who reads what is billed by its reading: its caller, or trimtab behind it. */
export interface Reading {
  gateway: Gateway
  reader: Incoming
}

/** What is billed, once it is known. */
export interface Late {
  outcome: Extract<AttemptOutcome, 'answered' | 'failed' | 'abandoned'>
  /** Undefined where the provider told of none: nothing is billed for what failed, and the rest has no known price. */
  usage: Usage | undefined
  /** For the decision record. */
  reason: string
}

/** One model's part. */
export class LateBill {
  readonly #gateway: Gateway
  readonly #destination: Destination
  readonly #incoming: Incoming
  readonly #entry: Entry

  constructor(gateway: Gateway, destination: Destination, incoming: Incoming, model: string) {
    this.#gateway = gateway
    this.#destination = { ...destination, model }
    this.#incoming = incoming
    this.#entry = new Entry(incoming, gateway, undefined)
    this.#entry.opened.modelAsked = model
    const { workflow, digest } = this.#policy()
    this.#entry.decision.policy = { workflow, digest }
  }

  async open(): Promise<void> {
    const { id: requestId, at: startedAt } = this.#incoming
    const { provider, model, replica } = this.#destination
    const held = this.#gateway.budgets.heldBy(this.#incoming, this.#policy())
    const row = {
      requestId,
      ordinal: 0,
      provider: provider.name,
      model,
      replica: replica.id,
      account: replica.account,
      tier: undefined,
      startedAt,
      estimatedInputTokens: 0,
      // Nothing can be refused any more: it is spent.
      reservations: held?.map(({ account }) => ({ ...account, amountNanoUsd: 0, mostNanoUsd: undefined })),
    }
    const modelIsListed = provider.models.has(model)
    const facts = { vendor: provider.vendor, origin: replica.origin, modelIsListed, span: undefined }
    await this.#entry.openAttempt(row, facts, held)
  }

  settle({ outcome, usage, reason }: Late): void {
    const metered = this.#meter(outcome, usage)
    const settled = {
      requestId: this.#incoming.id,
      ordinal: 0,
      outcome,
      status: 200,
      tokens: metered.usage.tokens,
      usage: metered.usage.source,
      terms: metered.usage.terms,
      costNanoUsd: metered.costNanoUsd,
      priceVersion: metered.priceVersion,
      firstChunkMs: undefined,
      totalMs: 0,
      reservations: this.#entry.reservationsOf(0),
    }
    const target = targetName(this.#destination)
    const replica = this.#destination.replica.id
    this.#entry.settleAttempt(settled, { target, replica, outcome, status: 200, detail: undefined })
    this.#entry.baselineNanoUsd = metered.baselineNanoUsd
    this.#entry.decision.reasons = [reason]
    this.#entry.settle(200, undefined, 0)
  }

  #meter(outcome: Late['outcome'], usage: Usage | undefined): Metered {
    const nothing = unbilled()
    if (usage === undefined && outcome === 'failed') return nothing
    if (usage === undefined) return { ...nothing, costNanoUsd: undefined, baselineNanoUsd: undefined }
    const { provider, model } = this.#destination
    const { at } = this.#incoming
    const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at }
    return { usage, ...priceUsage(this.#gateway.pricer(), subject, usage) }
  }

  /** Of the workflow that made it, whoever reads it. */
  #policy(): Policy {
    const policies = this.#gateway.policies()
    return policies.byWorkflow.get(this.#entry.opened.workflow) ?? policies.default
  }
}

/** Ids of one claim's bills: told apart by their last two characters, so that a reader after a crash finds the same. */
export function billId(id: string, index: number): string {
  return `${id.slice(0, -2)}${index.toString(32).padStart(2, '0')}`
}

/** The request that made what is billed, as far as the ledger tells; whoever reads it, where that is forgotten. */
export function billedTo(
  reader: Incoming,
  maker: Maker | undefined,
  { requestId, at }: BatchClaim,
  { endpoint, index }: { endpoint: LateEndpoint; index: number },
): Incoming {
  const id = billId(requestId, index)
  const asked = { endpoint: endpoint as PassedRequest['endpoint'], model: undefined, stream: false }
  const request: PassedRequest = { ...(reader.request as PassedRequest), ...asked }
  if (maker === undefined) return { ...reader, id, at, request }
  const { team, key, user, workflow, step, session, tags } = maker
  return {
    ...reader,
    id,
    at,
    request,
    principal: { ...reader.principal, team, key },
    labels: { ...reader.labels, user, workflow, step, session, tags },
  }
}
