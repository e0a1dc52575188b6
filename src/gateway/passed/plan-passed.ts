/** Who answers a request that is passed through: the account that made what it names, else as its model or its caller says. */
import { requireModelAllowed } from '../../access/allowed.ts'
import { Failure } from '../../errors.ts'
import { hidesModel, type PassedRequest } from '../../openai/passed-request.ts'
import { isAnthropics, isUnlisted } from '../../openai/passed-table.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import type { Provider } from '../../providers/provider.ts'
import { modelNotFound, type Registry } from '../../providers/registry.ts'
import type { MadeId } from '../../routing/made-ids.ts'
import type { Incoming } from '../journey.ts'
import type { Target } from '../outbound.ts'
import { requireApi } from './passed-api.ts'
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
  if (isUnlisted(request.endpoint) && principal.key !== undefined) throw nobodysPath(request)
  if (principal.allowedModels !== undefined) requireVisibleModel(request, principal, registry)
  const model = modelAsked(request)
  const found = model === undefined ? undefined : registry.lookup(model)
  if (pin !== undefined) {
    const provider = pinned(pin, registry)
    const named = found?.provider.name === provider.name ? found.model : model
    requireApi(request, provider, registry)
    return target(provider, named, nestedNames(request, provider, registry))
  }
  if (model !== undefined && found === undefined) throw modelNotFound(registry, model)
  const provider = found?.provider ?? providerNamed(request, labels.provider, registry)
  requireApi(request, provider, registry)
  const home = request.passed.stored ? atHome(provider) : provider
  return target(home, found?.model, nestedNames(request, provider, registry))
}

/** A model to be deleted is named by the path. */
function modelAsked({ endpoint, model, passed }: PassedRequest): string | undefined {
  return (endpoint === 'models/{id}' ? passed.id : model) || undefined
}

/** @throws Failure `invalid_request` where the models of one request lead to several providers */
function nestedNames(
  { nested, endpoint }: PassedRequest,
  provider: Provider,
  registry: Registry,
): ReadonlyMap<string, string> | undefined {
  if (nested.length === 0) return undefined
  const names = new Map<string, string>()
  for (const { model } of nested) {
    if (names.has(model)) continue
    const found = registry.lookup(model)
    if (found === undefined) throw modelNotFound(registry, model)
    if (found.provider.name !== provider.name) {
      const message = `One request to /v1/${endpoint} goes to one provider: ${model} leads to ${found.provider.name}, and the rest goes to ${provider.name}.`
      throw new Failure('invalid_request', message, { param: 'model' })
    }
    names.set(model, found.model)
  }
  return names
}

function target(
  provider: Provider,
  model: string | undefined,
  nested: ReadonlyMap<string, string> | undefined,
): Target {
  return {
    provider,
    model: model ?? '',
    tier: undefined,
    named: true,
    conversion: undefined,
    translation: undefined,
    nestedNames: nested,
  }
}

/** What a provider keeps is made in its first account, so that a list is whole and one thing may name another. */
function atHome(provider: Provider): Provider {
  const [first] = provider.replicas
  const replicas = provider.replicas.filter(({ account }) => account === first?.account)
  return replicas.length === provider.replicas.length ? provider : { ...provider, replicas }
}

/** What is Anthropic's alone goes to the provider that speaks it, also where another is the default. */
function providerNamed(
  { endpoint, passed }: PassedRequest,
  named: string | undefined,
  registry: Registry,
): Provider {
  const usual = registry.defaultProvider
  const others = [...registry.providers.values()]
  const byApi =
    isAnthropics(endpoint) && usual?.vendor !== 'anthropic'
      ? (others.find(({ vendor }) => vendor === 'anthropic') ?? usual)
      : usual
  const provider = named === undefined ? byApi : registry.providers.get(named)
  if (provider !== undefined) return provider
  const known = [...registry.providers.keys()].join(', ')
  if (named === undefined && isUnlisted(endpoint)) {
    throw new Failure(
      'not_found',
      `${shownPath(passed)} is none of the endpoints that trimtab knows: to have it passed through, name one of ${known} in the header x-trimtab-provider, or set default_provider.`,
    )
  }
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

/** What is at a path that trimtab does not know, and whose it is, it cannot tell: tenants share the provider's account. */
function nobodysPath({ passed }: PassedRequest): Failure {
  return new Failure(
    'not_found',
    `${shownPath(passed)} is none of the endpoints that trimtab knows, and is not passed through with keys, because whose things are there cannot be told: ask the provider itself.`,
  )
}

function shownPath({ path }: PassedRequest['passed']): string {
  return `/v1/${path.length > 100 ? `${path.slice(0, 100)}…` : path}`
}

/** A batch's models stand in its file, an evaluation's and a run's in what it refers to, a session's may change later. */
const HIDING =
  /^(?:batches|evals|threads|agents\/.*|live\/.*|realtime\/.*|chatkit\/.*|fine_tuning\/alpha\/graders\/run)$/

/** @throws Failure `model_not_allowed` */
function requireVisibleModel(
  request: PassedRequest,
  principal: Incoming['principal'],
  registry: Registry,
): void {
  const { endpoint, passed, nested } = request
  if (passed.method === 'POST' && hidesModel(request)) {
    throw new Failure(
      'model_not_allowed',
      `The API key "${principal.key?.name}" is limited to models, and which one this body names cannot be read: send JSON or a form, with its content-type.`,
      { param: 'model' },
    )
  }
  for (const { model } of nested) {
    const found = registry.lookup(model)
    requireModelAllowed(principal, model, found && { provider: found.provider.name, model: found.model })
  }
  if (!HIDING.test(endpoint) || passed.method !== 'POST' || passed.rest === 'cancel') return
  throw new Failure(
    'model_not_allowed',
    `The API key "${principal.key?.name}" is limited to models, and which models /v1/${endpoint} would use cannot be seen: use a key without that limit.`,
  )
}
