/** Bills a batch when the file of its answers is read for the first time: a request in the ledger for each model in it. */
import { type BatchShare, BatchTally } from '../metering/batch-tally.ts'
import { requestId } from '../metering/request-id.ts'
import type { MadeId } from '../routing/made-ids.ts'
import { Entry } from './entry.ts'
import type { Gateway, Incoming, Journey } from './journey.ts'
import { billedTo, billId, type Late, LateBill } from './late-bill.ts'
import type { Destination } from './outbound.ts'

/** What is billed once it was read whole. */
export interface BilledReading {
  /** A chunk of what is read, in its order. */
  push(bytes: Uint8Array): void
  /** Once it is whole. @throws Failure `ledger_unavailable` where it cannot be billed now */
  settle(): Promise<void>
}

/** Undefined where what is read is not the whole file of a batch's answers. */
export function batchReading(
  journey: Journey,
  destination: Destination,
  status: number,
): BilledReading | undefined {
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
    const to = (index: number) => billedTo(reader, made?.maker, claim, { endpoint: 'batches', index })
    const bills = shares.map((share, index) => ({
      share,
      bill: new LateBill(journey, destination, to(index), share.model),
    }))
    for (const { bill } of bills) await bill.open()
    const note = `The batch ${batchId} is billed by its file ${file.id}; ${uncounted} of its answers state no usage.`
    // The first bill tells that all are written, and so is the last to be.
    for (const { share, bill } of bills.toReversed()) bill.settle(lateOf(share, note, uncounted === 0))
    if (bills.length === 0) settleNothing(to(0), gateway, note)
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

function lateOf({ model, tokens, terms }: BatchShare, note: string, isWhole: boolean): Late {
  const source = isWhole ? 'reported' : 'estimated'
  const reason = `${note} ${terms.requests} answers of ${model}.`
  return { outcome: 'answered', usage: { tokens, terms, source }, reason }
}
