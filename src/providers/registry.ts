/** All providers of an installation, and where a model's name leads. Immutable: a reload builds another. */
import { distance } from 'fastest-levenshtein'
import { Failure } from '../errors.ts'
import { buildProvider, sandboxProvider } from './build-provider.ts'
import { type Provider, sendsCallersKey } from './provider.ts'
import type { ProviderSettings } from './settings.ts'
import type { AccessToken, Cloud } from './tokens/access-token.ts'
import type { Transport } from './transport.ts'
import { vendorOf } from './vendors.ts'

interface Target {
  provider: Provider
  /** As the provider knows it. */
  model: string
}

interface ModelEntry {
  /** What a caller asks for. */
  id: string
  provider: string
}

export interface Registry {
  /** By name, in the order of the file; `sandbox` last. */
  providers: ReadonlyMap<string, Provider>
  aliases: ReadonlyMap<string, string>
  /** Differs where names of models may lead elsewhere than before. */
  revision: string
  /** Answers calls that name no provider; undefined where it would be a guess. */
  defaultProvider: Provider | undefined
  /** Whether some provider is sent the caller's own credential. */
  passesCredentials: boolean
  /**
   * Where a model leads: an alias; `provider/model`; a model that a provider lists (first in file order);
   * its family's provider; the default provider. A part before `/` that names no provider belongs to the model.
   */
  lookup(model: string): Target | undefined
  /** Whether configuration or a server itself lists what `lookup` found; `check` warns where not. */
  confirms(target: Target): boolean
  /** Up to three names like `model`, nearest first, among what is known here and `others`. */
  nearest(model: string, others?: readonly string[]): readonly string[]
  /** For `/v1/models`. */
  list(): readonly ModelEntry[]
  /** The providers that list a model by the bare name given, of which the first answers; empty where something else decides. */
  listedBy(model: string): readonly string[]
}

export interface RegistryParts {
  providers: readonly ProviderSettings[]
  aliases: ReadonlyMap<string, string>
  defaultProvider: string | undefined
  network: Transport
  /** How a provider is reached whose server trimtab starts; undefined: it is not started here, and so not reached. */
  commands?: ((provider: string) => Transport) | undefined
  /** One for all providers that show the same cloud's. */
  tokenOf(cloud: Cloud): AccessToken
  sandbox: Transport
  /** Under `demo` and `serve --sandbox` nothing else answers, whatever is configured. */
  sandboxOnly: boolean
  /** Unix milliseconds. */
  now(): number
}

export function buildRegistry(parts: RegistryParts): Registry {
  const sandbox = sandboxProvider(parts.sandbox)
  const configured = parts.sandboxOnly
    ? []
    : parts.providers.map((settings) =>
        buildProvider(settings, transportOf(settings), parts.tokenOf, parts.now),
      )
  const providers = new Map([...configured, sandbox].map((provider) => [provider.name, provider]))
  const defaultProvider = parts.sandboxOnly ? sandbox : chooseDefault(configured, parts.defaultProvider)
  const lookup = createLookup(providers, configured, parts.aliases, defaultProvider)
  return {
    providers,
    aliases: parts.aliases,
    revision: JSON.stringify([[...parts.aliases], defaultProvider?.name, [...providers.keys()]]),
    defaultProvider,
    passesCredentials: configured.some(sendsCallersKey),
    lookup,
    confirms: ({ provider, model }) => provider.models.has(model) || provider === sandbox,
    nearest: (model, others = []) => nearestNames(model, [...others, ...names()], providers),
    list: () => [...listedAliases(), ...listedModels()],
    listedBy,
  }

  function transportOf({ name, command }: ProviderSettings): Transport {
    return (command === undefined ? undefined : parts.commands?.(name)) ?? parts.network
  }

  function listedBy(model: string): string[] {
    if (parts.aliases.has(model) || lookup(model)?.model !== model) return []
    return configured.filter((provider) => provider.models.has(model)).map(({ name }) => name)
  }

  function listedAliases(): ModelEntry[] {
    return [...parts.aliases].flatMap(([id, target]) => {
      const found = lookup(target)
      return found === undefined ? [] : [{ id, provider: found.provider.name }]
    })
  }

  /** A model's bare name where that leads to it, else with its provider. */
  function listedModels(): ModelEntry[] {
    return configured.flatMap((provider) =>
      [...provider.models.keys()].map((model) => {
        const found = lookup(model)
        const bare = found?.provider === provider && found.model === model
        return { id: bare ? model : `${provider.name}/${model}`, provider: provider.name }
      }),
    )
  }

  function names(): string[] {
    const prefixed = configured.flatMap(({ name, models }) =>
      [...models.keys()].map((model) => `${name}/${model}`),
    )
    return [...parts.aliases.keys(), ...listedModels().map((entry) => entry.id), ...prefixed]
  }
}

/** The failure for a model that leads nowhere. `others` are more names that a caller may ask for: workflows. */
export function modelNotFound(registry: Registry, model: string, others: readonly string[] = []): Failure {
  const nearest = registry.nearest(model, others)
  const providers = [...registry.providers.keys()].join(', ')
  const advice =
    nearest.length > 0
      ? `did you mean ${nearest.join(', ')}?`
      : `ask for provider/model, the provider being one of ${providers}.`
  return new Failure(
    'model_not_found',
    `No provider here is known for the model "${shortened(model)}": ${advice}`,
    {
      param: 'model',
    },
  )
}

function createLookup(
  providers: ReadonlyMap<string, Provider>,
  configured: readonly Provider[],
  aliases: ReadonlyMap<string, string>,
  defaultProvider: Provider | undefined,
): Registry['lookup'] {
  const listed = new Map<string, Provider>()
  for (const provider of configured) {
    for (const model of provider.models.keys()) if (!listed.has(model)) listed.set(model, provider)
  }
  const families = configured.flatMap((provider) => {
    const pattern = provider.vendor === 'sandbox' ? undefined : vendorOf(provider.vendor).families
    return pattern === undefined ? [] : [{ pattern, provider }]
  })
  return (asked) => {
    const model = aliases.get(asked) ?? asked
    const slash = model.indexOf('/')
    if (slash > 0 && slash < model.length - 1) {
      const provider = providers.get(model.slice(0, slash))
      if (provider !== undefined) return { provider, model: model.slice(slash + 1) }
    }
    const provider =
      listed.get(model) ?? families.find(({ pattern }) => pattern.test(model))?.provider ?? defaultProvider
    return provider === undefined ? undefined : { provider, model }
  }
}

function chooseDefault(configured: readonly Provider[], name: string | undefined): Provider | undefined {
  // One that is named but absent (not discovered) is as good as none.
  const named = configured.find((provider) => provider.name === name)
  if (named !== undefined || configured.length === 1) return named ?? configured[0]
  // Beside Anthropic's own API, whose models are known by their names, the other one takes the unknown.
  const open = configured.filter(({ endpoints }) => endpoints.has('chat/completions'))
  return open.length === 1 ? open[0] : undefined
}

function nearestNames(
  asked: string,
  known: readonly string[],
  providers: ReadonlyMap<string, Provider>,
): string[] {
  // Bounded, because the time is the product of both lengths and the caller chooses one of them.
  const model = asked.slice(0, 128)
  const slash = model.indexOf('/')
  const respelled = slash > 0 ? [...providers.keys()].map((name) => `${name}/${model.slice(slash + 1)}`) : []
  const bound = Math.max(2, Math.floor(model.length * 0.4))
  return [...new Set([...known, ...respelled])]
    .map((name) => ({ name, far: distance(name.toLowerCase(), model.toLowerCase()) }))
    .filter(({ name, far }) => far <= bound && far < name.length)
    .sort((left, right) => left.far - right.far)
    .slice(0, 3)
    .map(({ name }) => name)
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
