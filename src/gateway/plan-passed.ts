/** Who answers a request that is passed through: the account that made what it names, else as its model or its caller says. */
import { Failure } from '../errors.ts'
import type { PassedRequest } from '../openai/passed-request.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import type { Provider } from '../providers/provider.ts'
import { modelNotFound, type Registry } from '../providers/registry.ts'
import type { MadeId } from '../routing/made-ids.ts'
import type { Incoming } from './journey.ts'
import type { Target } from './outbound.ts'
import { pinned } from './pins.ts'

/**
 * One target: no tier stands for what only its maker has, and rules are about models that chat.
 * @throws Failure `not_found`, `model_not_found`, `model_not_allowed`, `invalid_request`
 */
export function passedTarget(
  request: PassedRequest,
  { principal, labels }: Pick<Incoming, 'principal' | 'labels'>,
  { modelNamesWorkflow }: ResolvedWorkflow,
  { pin, registry }: { pin: MadeId | undefined; registry: Registry },
): Target {
  if (modelNamesWorkflow) throw noWorkflow(request)
  if (principal.allowedModels !== undefined) requireVisibleModel(request, principal.key?.name)
  const model = request.model || undefined
  const found = model === undefined ? undefined : registry.lookup(model)
  if (pin !== undefined) {
    const provider = pinned(pin, registry)
    const named = found?.provider.name === provider.name ? found.model : model
    requireServed(request, provider, registry)
    return target(provider, named)
  }
  if (model !== undefined && found === undefined) throw modelNotFound(registry, model)
  const provider = found?.provider ?? providerNamed(labels.provider, registry)
  requireServed(request, provider, registry)
  return target(request.passed.stored ? atHome(provider) : provider, found?.model)
}

/** What is passed through is OpenAI's alone: Anthropic's API has other things under the same paths, or nothing. */
function requireServed({ endpoint }: PassedRequest, provider: Provider, registry: Registry): void {
  if (provider.vendor !== 'anthropic') return
  // The sandbox is always there, and simulates next to nothing of this.
  const others = [...registry.providers.values()].filter(
    ({ vendor }) => vendor !== 'anthropic' && vendor !== 'sandbox',
  )
  const names = others.map(({ name }) => name).join(', ')
  const remedy =
    names === ''
      ? 'configure a provider that has it'
      : `name one of ${names} in the header x-trimtab-provider, or as default_provider`
  throw new Failure(
    'invalid_request',
    `Provider ${provider.name} speaks Anthropic's API, which does not have OpenAI's /v1/${endpoint}: ${remedy}.`,
  )
}

function target(provider: Provider, model: string | undefined): Target {
  return {
    provider,
    model: model ?? '',
    tier: undefined,
    named: true,
    conversion: undefined,
    translation: undefined,
  }
}

/** What a provider keeps is made in its first account, so that a list is whole and one thing may name another. */
function atHome(provider: Provider): Provider {
  const [first] = provider.replicas
  const replicas = provider.replicas.filter(({ account }) => account === first?.account)
  return replicas.length === provider.replicas.length ? provider : { ...provider, replicas }
}

function providerNamed(named: string | undefined, registry: Registry): Provider {
  const provider = named === undefined ? registry.defaultProvider : registry.providers.get(named)
  if (provider !== undefined) return provider
  const known = [...registry.providers.keys()].join(', ')
  throw new Failure(
    'invalid_request',
    named === undefined
      ? `The request does not say which provider it is for: name one of ${known} in the header x-trimtab-provider, or set default_provider.`
      : `There is no provider \`${named.slice(0, 100)}\` here; the providers are ${known}.`,
  )
}

function noWorkflow({ endpoint, model }: PassedRequest): Failure {
  return new Failure(
    'invalid_request',
    `/v1/${endpoint} is passed through without a choice of model: name a model instead of \`${model}\`.`,
    { param: 'model' },
  )
}

/** A batch's models stand in its file, an evaluation's and a run's in what it refers to. */
function requireVisibleModel({ endpoint, passed }: PassedRequest, keyName: string | undefined): void {
  const hides = endpoint === 'batches' || endpoint === 'evals' || endpoint === 'threads'
  if (!hides || passed.method !== 'POST' || passed.rest === 'cancel') return
  throw new Failure(
    'model_not_allowed',
    `The API key "${keyName}" is limited to models, and which models /v1/${endpoint} would use cannot be seen: use a key without that limit.`,
  )
}
