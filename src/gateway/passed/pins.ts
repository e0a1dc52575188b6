/** Ids that providers made: which account a request must go to because it names one, and remembering who made what. */
import type { Principal } from '../../access/principal.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../openai/is-object.ts'
import type { PassedRoute } from '../../openai/passed-route.ts'
import { isUnlisted } from '../../openai/passed-table.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Registry } from '../../providers/registry.ts'
import type { LateEndpoint, MadeId, Maker } from '../../routing/made-ids.ts'
import type { Gateway, Incoming, Journey } from '../journey.ts'
import { firstLookAt } from '../late/look-times.ts'
import type { Destination } from '../outbound.ts'

/** Members of a request that name what was made before, wherever they stand in it. */
const ID_MEMBERS: ReadonlySet<string> = new Set([
  'previous_response_id',
  'conversation',
  'file_id',
  'file_ids',
  'input_file_id',
  'training_file',
  'validation_file',
  'vector_store_id',
  'vector_store_ids',
  'container',
  'container_id',
  'assistant_id',
  'thread_id',
  'agent_id',
  'session_id',
  'environment_id',
  'environment_template_id',
  'vault_ids',
  'skill_id',
  'source',
  'video',
  'characters',
  'voice',
  'consent',
])

/**
 * What the request names that was made here, in its path or its body; undefined where it names nothing of the kind.
 * Every id is held against its maker: another tenant's is as good as none.
 * @throws Failure `not_found`; `invalid_request` where the ids are of several accounts
 */
export async function pinOf(
  { request, principal }: Pick<Incoming, 'request' | 'principal'>,
  { madeIds }: Pick<Gateway, 'madeIds'>,
): Promise<MadeId | undefined> {
  let pin: MadeId | undefined
  const { passed, body } = request
  const own = passed === undefined ? undefined : (idInPath(passed) ?? chatListedAfter(passed))
  if (own !== undefined) pin = requireOwn(own, await madeIds.find(own), principal, true)
  for (const id of [...segmentsNaming(passed), ...namedIds(body)]) {
    const made = requireOwn(id, await madeIds.find(id), principal, false)
    if (made === undefined) continue
    if (pin !== undefined && !isSamePlace(pin, made)) throw ofTwoAccounts(pin, made)
    pin ??= made
  }
  return pin
}

/**
 * The provider, with the replicas that a pin leaves: where the id was made, else whatever has its account.
 * @throws Failure `not_found` where its account is configured no more
 */
export function pinned({ id, provider: name, account, replica }: MadeId, registry: Registry): Provider {
  const provider = registry.providers.get(name)
  const same = provider?.replicas.filter((candidate) => candidate.id === replica) ?? []
  const replicas =
    same.length > 0 ? same : (provider?.replicas.filter((candidate) => candidate.account === account) ?? [])
  if (provider === undefined || replicas.length === 0) {
    throw new Failure(
      'not_found',
      `${id} was made by the account ${account} of provider ${name}, which is configured here no more: put it back to reach what it made.`,
    )
  }
  return { ...provider, replicas }
}

/** Remembers what an attempt's answer made; resolves when that is kept. Never rejects. */
export function rememberMade(
  { incoming, gateway, entry }: Pick<Journey, 'incoming' | 'gateway' | 'entry'>,
  { provider, replica, model }: Pick<Destination, 'provider' | 'replica' | 'model'>,
  made: readonly { id: string; batch?: string | undefined; billedLater?: LateEndpoint | undefined }[],
): Promise<void> {
  const { tenant } = incoming.principal
  const madeAt = gateway.now()
  return gateway.madeIds.remember(
    made.map(({ id, batch, billedLater }) => ({
      id,
      tenant,
      provider: provider.name,
      account: replica.account,
      replica: replica.id,
      madeAt,
      batch,
      maker: billedLater && makerOf(incoming, entry.opened.workflow, billedLater, model),
      lookAt: billedLater && firstLookAt(madeAt),
    })),
  )
}

/** A model may be named with its provider. */
function idInPath({ endpoint, id }: PassedRoute): string | undefined {
  return endpoint === 'models/{id}' ? id?.slice(id.indexOf('/') + 1) : id
}

/** Which part of a path nobody here knows is an id, what was made tells. */
function segmentsNaming(passed: PassedRoute | undefined): string[] {
  if (passed === undefined || !isUnlisted(passed.endpoint)) return []
  return passed.path.split('/').slice(1).map(decodeURIComponent)
}

/** Kept chats are in any account, and a list of them goes on in that of the last one. */
function chatListedAfter({ endpoint, query }: PassedRoute): string | undefined {
  if (endpoint !== 'chat/completions/{id}') return undefined
  return new URLSearchParams(query).get('after') ?? undefined
}

function makerOf(
  { principal, labels }: Incoming,
  workflow: string,
  endpoint: LateEndpoint,
  model: string,
): Maker {
  const { team, key } = principal
  const { user, step, session, tags } = labels
  return { endpoint, model, team, key, user, workflow, step, session, tags }
}

/** With keys, what nobody here made is nobody's; without, it may have been made before trimtab stood between. */
function requireOwn(
  id: string,
  made: MadeId | undefined,
  principal: Principal,
  isInPath: boolean,
): MadeId | undefined {
  const isStrange =
    made === undefined ? isInPath && principal.key !== undefined : made.tenant !== principal.tenant
  if (!isStrange) return made
  const shown = id.length > 100 ? `${id.slice(0, 100)}…` : id
  throw new Failure('not_found', `There is no ${shown} here: it was deleted, or made elsewhere.`)
}

function isSamePlace(one: MadeId, other: MadeId): boolean {
  return one.provider === other.provider && one.account === other.account
}

function ofTwoAccounts(one: MadeId, other: MadeId): Failure {
  return new Failure(
    'invalid_request',
    `${one.id} belongs to the account ${one.account} of ${one.provider} and ${other.id} to ${other.account} of ${other.provider}: one request cannot use both.`,
  )
}

/** The parser has bounded the nesting. */
function* namedIds(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') yield* namedIds(item)
  } else if (isObject(value)) {
    for (const name in value) {
      const member = value[name]
      if (ID_MEMBERS.has(name)) yield* idsIn(member)
      if (typeof member === 'object') yield* namedIds(member)
    }
  }
}

/** An id, an object that has one (`conversation: { id }`), or a list of either. */
function* idsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (Array.isArray(value)) {
    for (const item of value) if (!Array.isArray(item)) yield* idsIn(item)
  } else if (isObject(value) && typeof value.id === 'string') yield value.id
}
