/** Asks a provider for the list of its models: the one call that costs nothing and needs the key. */
import type { Principal } from '../access/principal.ts'
import type { Provider, Replica } from '../providers/provider.ts'
import { type SmallAnswer, smallCall } from './small-call.ts'

/** `unproved`: its cloud gives no token, so that it was not asked; the message is a sentence. */
export type ModelsAnswer = SmallAnswer | { kind: 'unproved'; message: string }

/** Never rejects. `principal` is whose credential is passed on, where the provider takes callers' own. */
export function getModels(
  provider: Provider,
  replica: Replica,
  principal: Principal,
  deadlineMs: number,
): Promise<ModelsAnswer> {
  const { credential } = replica
  const ready = credential.kind === 'token' ? credential.token.ready() : undefined
  if (ready === undefined) return askModels(provider, replica, principal, deadlineMs)
  return ready.then(
    () => askModels(provider, replica, principal, deadlineMs),
    ({ message }: Error) => ({ kind: 'unproved', message }),
  )
}

function askModels(
  provider: Provider,
  replica: Replica,
  principal: Principal,
  deadlineMs: number,
): Promise<SmallAnswer> {
  return smallCall(provider, replica, {
    method: 'GET',
    path: provider.path('models', ''),
    headers: [],
    body: null,
    principal,
    deadlineMs,
    // Asked once a minute.
    freshConnection: true,
  })
}
