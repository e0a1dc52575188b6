/** Bills a batch when its answers are read for the first time: a request in the ledger for each model in it. */
import { type BatchShare, BatchTally } from '../../metering/batch-tally.ts'
import { requestId } from '../../metering/request-id.ts'
import type { LateEndpoint, MadeId } from '../../routing/made-ids.ts'
import { Entry } from '../entry.ts'
import type { Gateway, Incoming, Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import { billedTo, billId, type Late, LateBill, type Reading } from './late-bill.ts'

/** What is billed once it was read whole. */
export interface BilledReading {
  /** A chunk of what is read, in its order. */
  push(bytes: Uint8Array): void
  /** Once it is whole. @throws Failure `ledger_unavailable` where it cannot be billed now */
  settle(): Promise<void>
}

/** Undefined where what is read is not all of a batch's answers. */
export function batchReading(
  { incoming, gateway, pin }: Journey,
  destination: Destination,
  status: number,
): BilledReading | undefined {
  const { passed } = incoming.request
  if (passed?.method !== 'GET' || status !== 200 || pin === undefined) return undefined
  const reading = { gateway, reader: incoming }
  if (passed.endpoint === 'files' && passed.rest === 'content' && pin.batch !== undefined)
    return readBatch(reading, destination, { answers: pin.id, batchId: pin.batch, endpoint: 'batches' })
  if (passed.endpoint === 'messages/batches' && passed.rest === 'results' && pin.maker !== undefined)
    return readBatch(reading, destination, { answers: pin.id, batchId: pin.id, endpoint: passed.endpoint })
  return undefined
}

export interface BatchAnswers {
  /** Id of what holds them: a file, or the batch itself. */
  answers: string
  batchId: string
  endpoint: Extract<LateEndpoint, 'batches' | 'messages/batches'>
}

export function readBatch(reading: Reading, destination: Destination, of: BatchAnswers): BilledReading {
  const { gateway } = reading
  const { provider } = destination
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, at: gateway.now() }
  const tally = new BatchTally({ pricer: gateway.pricer(), ...subject })
  return {
    push: (bytes) => tally.push(bytes),
    settle: () => settleBatch(reading, destination, of, tally),
  }
}

async function settleBatch(
  { gateway, reader }: Reading,
  destination: Destination,
  { answers, batchId, endpoint }: BatchAnswers,
  tally: BatchTally,
): Promise<void> {
  const { madeIds } = gateway
  const now = gateway.now()
  const first = { requestId: billId(requestId(now, gateway.random), 0), at: now }
  const claim = await madeIds.claimBatch(answers, first)
  const made = await madeIds.find(batchId)
  if (claim === undefined) return isBilled(gateway, made)
  try {
    const { shares, uncounted } = tally.finish()
    const to = (index: number) => billedTo(reader, made?.maker, claim, { endpoint, index })
    const bills = shares.map((share, index) => ({
      share,
      bill: new LateBill(gateway, destination, to(index), share.model),
    }))
    for (const { bill } of bills) await bill.open()
    const by = answers === batchId ? 'its results' : `its file ${answers}`
    const note = `The batch ${batchId} is billed by ${by}; ${uncounted} of its answers state no usage.`
    // The first bill tells that all are written, and so is the last to be.
    for (const { share, bill } of bills.toReversed()) bill.settle(lateOf(share, note, uncounted === 0))
    if (bills.length === 0) settleNothing(to(0), gateway, note)
    await madeIds.billed(claim)
    await isBilled(gateway, made)
  } catch (error) {
    madeIds.abandonBatch(answers)
    throw error
  }
}

/** Nobody has to look at it any more. */
export async function isBilled(
  { madeIds }: Pick<Gateway, 'madeIds'>,
  made: MadeId | undefined,
): Promise<void> {
  if (made !== undefined) await madeIds.lookNext(made, undefined)
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
