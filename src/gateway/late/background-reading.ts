/** Bills a response that ran in the background when it is first read after its end: as it ran, nobody was told of its usage. */
import { askedModel } from '../../metering/asked-model.ts'
import { requestId } from '../../metering/request-id.ts'
import { usageFromWire } from '../../metering/usage.ts'
import { EventScanner } from '../../openai/event-scanner.ts'
import { isObject } from '../../openai/is-object.ts'
import { parseObject } from '../../openai/parse-json.ts'
import { usageBlock } from '../../openai/usage-block.ts'
import type { LateEndpoint, MadeId } from '../../routing/made-ids.ts'
import type { Gateway, Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import { rememberMade } from '../passed/pins.ts'
import { type BilledReading, isBilled } from './batch-reading.ts'
import { billedTo, billId, type Late, LateBill, type Reading } from './late-bill.ts'

type Response = Readonly<Record<string, unknown>>

const OUTCOMES: Readonly<Record<string, Late['outcome']>> = {
  completed: 'answered',
  incomplete: 'answered',
  failed: 'failed',
  cancelled: 'abandoned',
}

/**
 * Remembers whose the response is, and to whom it is billed once it is read. `isCounted`: its own request was told of its
 * usage, so that reading it is free.
 */
export async function rememberBackground(
  journey: Journey,
  destination: Destination,
  id: string,
  isCounted: boolean,
): Promise<void> {
  const { incoming, gateway } = journey
  await rememberMade(journey, destination, [{ id, billedLater: 'responses' }])
  if (!isCounted) return
  try {
    await gateway.madeIds.claimBatch(id, { requestId: incoming.id, at: incoming.at })
    await isBilled(gateway, await gateway.madeIds.find(id))
  } catch {
    // The ledger cannot be written: that is told where its rows are.
  }
}

/** What may be billed here: the response that the request names is one of those. */
export function readsBackground({ incoming, pin }: Journey): boolean {
  const { passed } = incoming.request
  return passed?.endpoint === 'responses/{id}' && pin?.id === passed.id && pin?.maker !== undefined
}

/** As it is told in an answer of its own. @throws Failure `ledger_unavailable` where it cannot be billed now */
export async function settleRead(
  { gateway, incoming, pin }: Journey,
  destination: Destination,
  response: Response,
): Promise<void> {
  if (pin !== undefined) await settleBackground({ gateway, reader: incoming }, destination, pin, response)
}

/**
 * @returns whether it has ended
 * @throws Failure `ledger_unavailable` where it cannot be billed now
 */
export async function settleBackground(
  reading: Reading,
  destination: Destination,
  made: MadeId,
  response: Response,
): Promise<boolean> {
  const outcome = OUTCOMES[String(response.status)]
  if (outcome === undefined || response.id !== made.id) return false
  const model = modelOf(response, reading.gateway, destination)
  const reason = `The response ${made.id} ran in the background, and is billed as it was read: ${response.status}.`
  await billLate(reading, destination, made, {
    ...{ endpoint: 'responses', model },
    late: { outcome, usage: usageFromWire(usageBlock(response)), reason },
  })
  return true
}

/** Once, whoever comes first. @throws Failure `ledger_unavailable` where it cannot be billed now */
export async function billLate(
  { gateway, reader }: Reading,
  destination: Destination,
  made: MadeId,
  { endpoint, model, late }: { endpoint: LateEndpoint; model: string; late: Late },
): Promise<void> {
  const now = gateway.now()
  const first = { requestId: billId(requestId(now, gateway.random), 0), at: now }
  const claim = await gateway.madeIds.claimBatch(made.id, first)
  if (claim === undefined) return isBilled(gateway, made)
  try {
    const billed = billedTo(reader, made.maker, claim, { endpoint, index: 0 })
    // It may be the one that made it, whose own id ends otherwise.
    const bill = new LateBill(gateway, destination, { ...billed, id: claim.requestId }, model)
    await bill.open()
    bill.settle(late)
    await gateway.madeIds.billed(claim)
    await isBilled(gateway, made)
  } catch (error) {
    gateway.madeIds.abandonBatch(made.id)
    throw error
  }
}

/** Of its events, told again. Undefined where these are not of such a response. */
export function backgroundReading(
  journey: Journey,
  destination: Destination,
  status: number,
): BilledReading | undefined {
  if (!readsBackground(journey) || status !== 200) return undefined
  const scanner = new EventScanner()
  let ended: Response | undefined
  return {
    push(bytes) {
      for (const { data } of scanner.push(bytes)) ended = endedIn(data) ?? ended
    },
    settle: async () => {
      if (ended !== undefined) await settleRead(journey, destination, ended)
    },
  }
}

function endedIn(data: string | undefined): Response | undefined {
  if (data === undefined || !/"response\.(?:completed|incomplete|failed|cancelled)"/.test(data))
    return undefined
  const event = parseObject(data)
  return isObject(event?.response) ? event.response : undefined
}

function modelOf({ model }: Response, gateway: Gateway, { provider }: Destination): string {
  const subject = { provider: provider.name, priceProvider: provider.priceProvider, at: gateway.now() }
  return typeof model === 'string' ? askedModel(gateway.pricer(), subject, model) : ''
}
