/** As whom trimtab asks what the operator chose, on behalf of a caller: a judge, who phrases, who tells how hard it is. */
import type { Principal } from '../access/principal.ts'
import { type Provider, sendsCallersKey } from '../providers/provider.ts'
import type { Departure, Gateway, Incoming } from './journey.ts'

/** A key that may not ask for `model` by itself is served by it all the same. */
export function askingFor(
  { incoming, gateway }: Pick<Departure, 'incoming' | 'gateway'>,
  model: string | undefined,
): Principal {
  const { tenant, team, key, allowedWorkflows, limits, credential } = incoming.principal
  const own = { tenant, team, key, allowedModels: undefined, allowedWorkflows, limits, credential: undefined }
  const provider = model === undefined ? undefined : gateway.registry().lookup(model)?.provider
  if (credential === undefined || provider === undefined || !sendsCallersKey(provider)) return own
  if (!isMeantFor(provider, incoming, gateway)) return own
  // As it came: not enumerable, so that no log line or JSON can hold the secret.
  return Object.defineProperty(own, 'credential', { value: credential, enumerable: false })
}

/** A caller's key is for the provider of the model that it names; who names a workflow has one for the only taker. */
function isMeantFor(provider: Provider, { request: { model } }: Incoming, gateway: Gateway): boolean {
  const { lookup, providers } = gateway.registry()
  const named =
    model === undefined || model === 'auto' || gateway.policies().byWorkflow.has(model)
      ? undefined
      : lookup(model)?.provider
  if (named !== undefined && sendsCallersKey(named)) return named === provider
  return [...providers.values()].every((other) => other === provider || !sendsCallersKey(other))
}
