/** What the JSON answer to a request that was passed through says: its usage, the ids it made, whose its entries are. */
import type { Units } from '../../metering/units.ts'
import { isObject } from '../../openai/is-object.ts'
import type { PassedRequest } from '../../openai/passed-request.ts'
import { usageBlock } from '../../openai/usage-block.ts'
import type { LateEndpoint } from '../../routing/made-ids.ts'
import type { Gateway, Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'
import type { AnswerSeen } from '../relays/relay.ts'
import { rememberMade } from './pins.ts'

type Answer = Readonly<Record<string, unknown>>

interface Made {
  id: string
  /** Of a batch's file of answers. */
  batch?: string
  billedLater?: LateEndpoint | undefined
}

export function seenIn({ endpoint }: PassedRequest, answer: Answer | undefined): AnswerSeen {
  if (answer === undefined) return { usage: undefined, outputCharacters: 0 }
  return { usage: usageBlock(answer), outputCharacters: 0, units: unitsIn(endpoint, answer) }
}

/** Whether a caller may be shown only its own entries of an answer: it shares the provider's account with others. */
export function isSharedList({ incoming }: Pick<Journey, 'incoming'>): boolean {
  const { request, principal } = incoming
  const { passed } = request
  if (passed === undefined || principal.key === undefined) return false
  return passed.method === 'GET' && passed.stored && passed.id === undefined
}

/** Remembers what the answer made, or tells to have been made; resolves when that is kept. */
export async function rememberMadeIn(
  journey: Journey,
  destination: Destination,
  answer: Answer,
): Promise<void> {
  const { request, principal } = journey.incoming
  if (request.passed === undefined || !request.passed.stored) return
  const made = madeBy(request, answer)
  for (const entry of await tellingEntries(request.passed.id, answer, principal.tenant, journey.gateway)) {
    made.push(...filesOf(entry))
    // An automation begins sessions by itself.
    if (request.endpoint === 'agents/automations' && typeof entry.session_id === 'string')
      made.push({ id: entry.session_id })
  }
  await rememberMade(journey, destination, made)
}

/** What tells of files that it left behind: the thing itself, or the tenant's own ones in a list. */
async function tellingEntries(
  id: string | undefined,
  answer: Answer,
  tenant: string,
  gateway: Pick<Gateway, 'madeIds'>,
): Promise<readonly Answer[]> {
  if (Array.isArray(answer.data))
    return id === undefined ? ownEntries(answer, tenant, gateway) : entriesOf(answer)
  return [answer]
}

/** Those that the tenant made. */
export async function ownEntries(
  list: Answer,
  tenant: string,
  { madeIds }: Pick<Gateway, 'madeIds'>,
): Promise<readonly Answer[]> {
  const own: Answer[] = []
  for (const entry of entriesOf(list)) {
    if (typeof entry.id !== 'string') continue
    const made = await madeIds.find(entry.id)
    if (made?.tenant === tenant) own.push(entry)
  }
  return own
}

export function entriesOf({ data }: Answer): readonly Answer[] {
  return Array.isArray(data) ? data.filter(isObject) : []
}

function unitsIn(endpoint: PassedRequest['endpoint'], answer: Answer): Partial<Units> | undefined {
  if (endpoint.startsWith('images/') && Array.isArray(answer.data)) return { images: answer.data.length }
  if (endpoint.startsWith('audio/') && typeof answer.duration === 'number' && answer.duration > 0)
    return { audio_seconds: answer.duration }
  return undefined
}

/** Of an event, as of an answer: what it tells to have been made. */
export function madeBy({ endpoint, passed }: PassedRequest, answer: Answer): Made[] {
  if (passed.method !== 'POST' || !makesSomething(passed.id, passed.rest)) return []
  const within = [answer.file, answer.session, answer.environment].filter(isObject)
  const session = isObject(answer.session) ? answer.session : {}
  if (isObject(session.environment)) within.push(session.environment)
  return [answer.id, answer.thread_id, ...within.map(({ id }) => id)]
    .filter((id) => typeof id === 'string')
    .map((id) => ({ id, billedLater: isBatch(endpoint) ? endpoint : undefined }))
}

function isBatch(endpoint: PassedRequest['endpoint']): endpoint is 'batches' | 'messages/batches' {
  return endpoint === 'batches' || endpoint === 'messages/batches'
}

/** Below an id, only these make what is asked for by an id of its own. */
function makesSomething(id: string | undefined, rest: string): boolean {
  return id === undefined || rest === 'complete' || rest === 'remix' || rest === 'fork'
}

/** Files that a batch or a job of fine-tuning left behind, and the model that the job made. */
function filesOf(entry: Answer): Made[] {
  const { id, output_file_id: output, error_file_id: errors, result_files: results } = entry
  const made: Made[] = []
  if (typeof entry.fine_tuned_model === 'string') made.push({ id: entry.fine_tuned_model })
  if (typeof output === 'string' && typeof id === 'string') made.push({ id: output, batch: id })
  if (typeof errors === 'string') made.push({ id: errors })
  if (Array.isArray(results))
    for (const file of results) if (typeof file === 'string') made.push({ id: file })
  return made
}
