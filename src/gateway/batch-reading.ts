/** Bills a batch when the file of its answers is read for the first time: a request in the ledger for each model in it. */
import { type BatchShare, BatchTally } from '../metering/batch-tally.ts'
import { priceUsage } from '../metering/meter.ts'
import { requestId } from '../metering/request-id.ts'
import type { PassedRequest } from '../openai/passed-request.ts'
import type { Policy } from '../policy/policy.ts'
import type { BatchClaim, MadeId, Maker } from '../routing/made-ids.ts'
import { Entry } from './entry.ts'
import { targetName } from './headers.ts'
import type { Gateway, Incoming, Journey } from './journey.ts'
import type { Destination } from './outbound.ts'

export interface BatchReading {
  /** A chunk of the file, in its order. */
  push(bytes: Uint8Array): void
  /** Once the file is whole. @throws Failure `ledger_unavailable` where it cannot be billed now */
  settle(): Promise<void>
}

/** Undefined where what is read is not the whole file of a batch's answers. */
export function batchReading(
  journey: Journey,
  destination: Destination,
  status: number,
): BatchReading | undefined {
  const { incoming, gateway, pin } = journey
  const { passed } = incoming.request
  if (passed?.endpoint !== 'files' || passed.method !== 'GET' || passed.rest !== 'content') return undefined
  if (pin?.batch === undefined || status !== 200) return undefined
  const { provider } = destination
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, at: gateway.now() }
  const tally = new BatchTally({ pricer: gateway.pricer(), ...subject })
  return {
    push: (bytes) => tally.push(bytes),
    settle: () => settleBatch(journey, destination, { file: pin, batchId: pin.batch ?? '', tally }),
  }
}

interface Settling {
  file: MadeId
  batchId: string
  tally: BatchTally
}

async function settleBatch(journey: Journey, destination: Destination, settling: Settling): Promise<void> {
  const { gateway, incoming: reader } = journey
  const { file, batchId, tally } = settling
  const now = gateway.now()
  const first = { requestId: billId(requestId(now, gateway.random), 0), at: now }
  const claim = await gateway.madeIds.claimBatch(file.id, first)
  if (claim === undefined) return
  try {
    const made = await gateway.madeIds.find(batchId)
    const { shares, uncounted } = tally.finish()
    const bills = shares.map(
      (share, index) => new Bill(journey, destination, billedTo(reader, made?.maker, claim, index), share),
    )
    for (const bill of bills) await bill.open()
    const note = `The batch ${batchId} is billed by its file ${file.id}; ${uncounted} of its answers state no usage.`
    // The first bill tells that all are written, and so is the last to be.
    for (const bill of bills.toReversed()) bill.settle(note, uncounted === 0)
    if (bills.length === 0) settleNothing(billedTo(reader, made?.maker, claim, 0), gateway, note)
    await gateway.madeIds.billed(claim)
  } catch (error) {
    gateway.madeIds.abandonBatch(file.id)
    throw error
  }
}

/** A batch in which nothing was answered. */
function settleNothing(incoming: Incoming, gateway: Gateway, note: string): void {
  const entry = new Entry(incoming, gateway, undefined)
  entry.decision.reasons = [note]
  entry.settle(200, undefined, 0)
}

/** One model's part of a batch, as a request of its own: the ledger's requests have one answer each. */
class Bill {
  readonly #journey: Journey
  readonly #destination: Destination
  readonly #incoming: Incoming
  readonly #share: BatchShare
  readonly #entry: Entry

  constructor(journey: Journey, destination: Destination, incoming: Incoming, share: BatchShare) {
    this.#journey = journey
    this.#destination = { ...destination, model: share.model }
    this.#incoming = incoming
    this.#share = share
    this.#entry = new Entry(incoming, journey.gateway, undefined)
    this.#entry.opened.modelAsked = share.model
    const { workflow, digest } = this.#policy()
    this.#entry.decision.policy = { workflow, digest }
  }

  async open(): Promise<void> {
    const { gateway } = this.#journey
    const { id: requestId, at: startedAt } = this.#incoming
    const { provider, model, replica } = this.#destination
    const held = gateway.budgets.heldBy(this.#incoming, this.#policy())
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

  /** Of the workflow that made the batch, whoever reads it. */
  #policy(): Policy {
    const policies = this.#journey.gateway.policies()
    return policies.byWorkflow.get(this.#entry.opened.workflow) ?? policies.default
  }

  settle(note: string, isWhole: boolean): void {
    const { gateway } = this.#journey
    const { id: requestId, at } = this.#incoming
    const { provider, model, replica } = this.#destination
    const { tokens, terms } = this.#share
    const subject = { provider: provider.name, priceProvider: provider.priceProvider, model, at }
    const { baselineNanoUsd, costNanoUsd, priceVersion } = priceUsage(gateway.pricer(), subject, this.#share)
    this.#entry.settleAttempt(
      {
        requestId,
        ordinal: 0,
        outcome: 'answered',
        status: 200,
        tokens,
        usage: isWhole ? 'reported' : 'estimated',
        terms,
        costNanoUsd,
        priceVersion,
        firstChunkMs: undefined,
        totalMs: 0,
        reservations: this.#entry.reservationsOf(0),
      },
      {
        target: targetName(this.#destination),
        replica: replica.id,
        outcome: 'answered',
        status: 200,
        detail: undefined,
      },
    )
    this.#entry.baselineNanoUsd = baselineNanoUsd
    this.#entry.decision.reasons = [`${note} ${terms.requests} answers of ${model}.`]
    this.#entry.settle(200, undefined, 0)
  }
}

/** Ids of one batch's bills: told apart by their last two characters, so that a reader after a crash finds the same. */
function billId(id: string, index: number): string {
  return `${id.slice(0, -2)}${index.toString(32).padStart(2, '0')}`
}

/** The request that made the batch, as far as the ledger tells; whoever reads the file, where that is forgotten. */
function billedTo(
  reader: Incoming,
  maker: Maker | undefined,
  { requestId, at }: BatchClaim,
  index: number,
): Incoming {
  const id = billId(requestId, index)
  const request: PassedRequest = {
    ...(reader.request as PassedRequest),
    endpoint: 'batches',
    model: undefined,
    stream: false,
  }
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
