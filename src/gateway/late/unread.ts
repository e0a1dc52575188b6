/** Bills what a provider did for a caller who has not read it: asked for behind its back, with the account's own key. */
import { Failure } from '../../errors.ts'
import { requestId } from '../../metering/request-id.ts'
import { isObject } from '../../openai/is-object.ts'
import { parseJson } from '../../openai/parse-json.ts'
import { parsePassedRequest } from '../../openai/passed-request.ts'
import { passedRoute } from '../../openai/passed-route.ts'
import type { LateEndpoint, MadeId } from '../../routing/made-ids.ts'
import type { Gateway, Incoming } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import { pinned } from '../passed/pins.ts'
import { type SmallAnswer, smallCall } from '../small-call.ts'
import { billLate, settleBackground } from './background-reading.ts'
import { readBatch } from './batch-reading.ts'
import type { Reading } from './late-bill.ts'

/** `running`: there is no end yet. `gone`: the provider has it no more. `unread`: it could not be asked; a sentence. */
export type Looked =
  | { kind: 'billed' }
  | { kind: 'running' }
  | { kind: 'gone' }
  | { kind: 'unread'; reason: string }

type Answer = Readonly<Record<string, unknown>>

const LOOK_DEADLINE_MS = 30_000
/** A batch's answers may be hundreds of megabytes. */
const READ_DEADLINE_MS = 600_000

/**
 * Once, whoever else reads it at the same time.
 * @param reader whose credential is sent where the provider takes callers' own; undefined: trimtab by itself
 * @throws Failure `ledger_unavailable` where it cannot be billed now
 */
export async function billUnread(
  made: MadeId,
  gateway: Gateway,
  reader: Incoming | undefined = undefined,
): Promise<Looked> {
  const endpoint = endpointOf(made)
  const destination = destinationOf(made, gateway)
  if (destination instanceof Failure) return { kind: 'unread', reason: destination.message }
  const reading = { gateway, reader: reader ?? readerOf(made, endpoint, gateway) }
  const answer = await look(reading, destination, `${endpoint}/${made.id}`)
  if (answer.kind !== 'answered') return answer
  switch (endpoint) {
    case 'responses':
      return ended(await settleBackground(reading, destination, made, answer.value))
    case 'batches':
      return billBatch(reading, destination, made, answer.value)
    case 'messages/batches':
      if (answer.value.processing_status !== 'ended') return { kind: 'running' }
      // Results are kept for a month, and what is archived has no address any more.
      if (typeof answer.value.results_url !== 'string') return { kind: 'gone' }
      return readAnswers(reading, destination, made, { id: made.id, path: `${endpoint}/${made.id}/results` })
    default:
      return endpoint satisfies never
  }
}

/** What it cost will never be known: null in the ledger, and not nothing. @throws Failure `ledger_unavailable` */
export async function billUnknown(made: MadeId, gateway: Gateway, why: string): Promise<void> {
  const endpoint = endpointOf(made)
  const destination = destinationOf(made, gateway)
  const place = destination instanceof Failure ? formerPlace(made, gateway) : destination
  const reading = { gateway, reader: readerOf(made, endpoint, gateway) }
  const reason = `${made.id} was never read, and what it cost is not known: ${why}`
  const late = { outcome: 'abandoned', usage: undefined, reason } as const
  await billLate(reading, place, made, { endpoint, model: made.maker?.model ?? '', late })
}

const ENDED: ReadonlySet<unknown> = new Set(['completed', 'expired', 'cancelled', 'failed'])

async function billBatch(
  reading: Reading,
  destination: Destination,
  made: MadeId,
  { status, output_file_id: output }: Answer,
): Promise<Looked> {
  if (!ENDED.has(status)) return { kind: 'running' }
  if (typeof output !== 'string') {
    // What failed as a whole costs nothing.
    const reason = `The batch ${made.id} has ended without answers: ${status}.`
    const late = { outcome: 'failed', usage: undefined, reason } as const
    await billLate(reading, destination, made, { endpoint: 'batches', model: '', late })
    return { kind: 'billed' }
  }
  const { madeIds, now } = reading.gateway
  const { tenant, provider, account, replica } = made
  await madeIds.remember([{ id: output, tenant, provider, account, replica, madeAt: now(), batch: made.id }])
  return readAnswers(reading, destination, made, { id: output, path: `files/${output}/content` })
}

async function readAnswers(
  reading: Reading,
  destination: Destination,
  made: MadeId,
  { id, path }: { id: string; path: string },
): Promise<Looked> {
  const endpoint = id === made.id ? 'messages/batches' : 'batches'
  const tally = readBatch(reading, destination, { answers: id, batchId: made.id, endpoint })
  const answer = await call(reading, destination, path, {
    deadlineMs: READ_DEADLINE_MS,
    taken: (chunk) => tally.push(chunk),
  })
  if (answer.kind !== 'answered') return unread(answer)
  if (answer.status === 404) return { kind: 'gone' }
  if (answer.status !== 200) return unread(answer)
  await tally.settle()
  return { kind: 'billed' }
}

async function look(
  reading: Reading,
  destination: Destination,
  path: string,
): Promise<{ kind: 'answered'; value: Answer } | Looked> {
  const answer = await call(reading, destination, path, { deadlineMs: LOOK_DEADLINE_MS })
  if (answer.kind !== 'answered') return unread(answer)
  if (answer.status === 404) return { kind: 'gone' }
  const value = answer.status === 200 ? parseJson(new TextDecoder().decode(answer.body)) : undefined
  return isObject(value) ? { kind: 'answered', value } : unread(answer)
}

async function call(
  { reader }: Reading,
  { provider, replica }: Destination,
  path: string,
  how: { deadlineMs: number; taken?: (chunk: Uint8Array) => void },
): Promise<SmallAnswer> {
  const { credential } = replica
  // Without one it is refused, and asked again later.
  if (credential.kind === 'token') await credential.token.ready()?.catch(() => {})
  return smallCall(provider, replica, {
    method: 'GET',
    path: provider.path(path, ''),
    headers: [],
    body: null,
    principal: reader.principal,
    freshConnection: true,
    ...how,
  })
}

function unread(answer: SmallAnswer): Looked {
  if (answer.kind === 'late') return { kind: 'unread', reason: 'the provider did not answer in time' }
  if (answer.kind === 'failed') return { kind: 'unread', reason: answer.error.message }
  return { kind: 'unread', reason: `the provider answered with status ${answer.status}` }
}

function ended(isBilled: boolean): Looked {
  return { kind: isBilled ? 'billed' : 'running' }
}

/** What an older version wrote does not say it, but an id does. */
function endpointOf({ id, maker }: MadeId): LateEndpoint {
  return maker?.endpoint ?? (id.startsWith('batch') ? 'batches' : 'responses')
}

function destinationOf(made: MadeId, gateway: Gateway): Destination | Failure {
  try {
    const provider = pinned(made, gateway.registry())
    const [replica] = provider.replicas
    if (replica === undefined) return new Failure('not_found', `Provider ${made.provider} has no account.`)
    const target = { tier: undefined, named: true, conversion: undefined, translation: undefined }
    return { ...target, provider, replica, model: made.maker?.model ?? '', freshConnection: true }
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

/** Of an account that is configured no more: for the row that says so. */
function formerPlace({ provider: name, account, replica: id }: MadeId, gateway: Gateway): Destination {
  const [any] = gateway.registry().providers.values()
  if (any === undefined) throw new Error('a registry has at least the sandbox')
  const provider = { ...any, name, priceProvider: undefined, models: new Map(), replicas: [] }
  const replica = { id, account, origin: '', basePath: '', credential: { kind: 'none' as const } }
  const target = { tier: undefined, named: true, conversion: undefined, translation: undefined }
  return { ...target, provider, replica, model: '', freshConnection: true }
}

/** Trimtab itself, as the one whose it is. */
function readerOf({ id, tenant, maker }: MadeId, endpoint: LateEndpoint, { now, random }: Gateway): Incoming {
  const route = passedRoute('GET', `${endpoint}/${encodeURIComponent(id)}`, '')
  if (route === undefined) throw new Error(`${endpoint} is passed through`)
  const at = now()
  return {
    id: requestId(at, random),
    at,
    request: parsePassedRequest(route, new Uint8Array(0), undefined),
    principal: {
      tenant,
      team: maker?.team,
      key: maker?.key,
      allowedModels: undefined,
      allowedWorkflows: undefined,
      credential: undefined,
    },
    labels: {
      workflow: maker?.workflow,
      step: maker?.step,
      session: maker?.session,
      tags: maker?.tags ?? {},
      metadata: {},
      user: maker?.user,
      client: 'trimtab',
    },
    headers: [],
  }
}
