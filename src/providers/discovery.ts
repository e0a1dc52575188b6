/** Providers where none is configured: from the environment variables that SDKs use, and the usual local ports. */
import { isObject } from '../openai/is-object.ts'
import { type BaseUrl, formatBaseUrl, parseBaseUrl, pointsAtSelf } from './base-url.ts'
import type { ModelFacts } from './provider.ts'
import { Secret } from './secret.ts'
import type { AccountKey, ProviderSettings } from './settings.ts'
import { addressOf, allVendors, inferVendor, type Vendor, type VendorId } from './vendors.ts'

export interface DiscoveryParts {
  environment: Readonly<Record<string, string | undefined>>
  /** Where trimtab itself will listen, which must not be taken for a provider. */
  listen: { host: string; port: number }
  accessMode: 'open' | 'keys'
  /**
   * Asks `GET /v1/models` of an origin, within a short deadline of its own.
   * @returns the names of the models, or undefined where nothing answers in OpenAI's shape; never rejects
   */
  probe(origin: string): Promise<readonly string[] | undefined>
}

export interface Discovered {
  providers: readonly ProviderSettings[]
  /** One sentence each, for the operator. */
  notes: readonly string[]
}

/** Looks once, at start: what it finds never depends on a request. */
export async function discoverProviders(parts: DiscoveryParts): Promise<Discovered> {
  const notes: string[] = []
  const hosted = allVendors().flatMap((vendor) => fromEnvironment(vendor, parts, notes) ?? [])
  const local = await Promise.all(allVendors().map((vendor) => fromLocalPort(vendor, parts)))
  const taken = new Set(hosted.flatMap((settings) => settings.baseUrls.map(localAddress)))
  const providers = [
    ...hosted,
    // A variable may name a local server that its port finds too.
    ...local.filter(
      (settings) =>
        settings !== undefined && !settings.baseUrls.some((baseUrl) => taken.has(localAddress(baseUrl))),
    ),
  ].filter((settings) => settings !== undefined)
  return { providers: providers.length > 0 ? providers : fallback(parts, notes), notes }
}

/**
 * The names in an answer of `GET /v1/models`, for a probe.
 * @returns undefined where it is not in OpenAI's shape: something else listens on that port
 */
export function modelNames(answer: unknown): string[] | undefined {
  if (!isObject(answer) || !Array.isArray(answer.data)) return undefined
  const names: string[] = []
  for (const model of answer.data as unknown[]) {
    if (!isObject(model) || typeof model.id !== 'string' || model.id === '') return undefined
    names.push(model.id)
  }
  return names
}

function fromEnvironment(
  vendor: Vendor & { id: VendorId },
  { environment, listen }: DiscoveryParts,
  notes: string[],
): ProviderSettings | undefined {
  const key = keyFrom(vendor, environment, notes)
  const variable = vendor.baseUrlVariable
  const stated = variable === undefined ? undefined : nonEmpty(environment[variable])
  const region = vendor.regionVariables.map((name) => nonEmpty(environment[name])).find(Boolean)
  const standard = addressOf(vendor, { region })
  let baseUrl = standard === undefined ? undefined : parseBaseUrl(standard)
  if (key !== undefined && vendor.regionVariables.length > 0 && region === undefined) {
    notes.push(`${vendor.keyVariables[0]} is left aside: set ${vendor.regionVariables[0]}, too.`)
  }
  let stands = false
  if (stated !== undefined) {
    const parsed = parseBaseUrl(stated)
    if (typeof parsed === 'string') notes.push(`${variable} is left aside: it must be ${parsed}.`)
    else if (pointsAtSelf(parsed, listen)) {
      notes.push(`${variable} is left aside: it is the address of trimtab itself, meant for applications.`)
    } else {
      baseUrl = parsed
      stands = true
    }
  }
  // An address alone is enough: a server that needs no key.
  if (baseUrl === undefined || typeof baseUrl === 'string' || (key === undefined && !stands)) return undefined
  const id = stands ? inferVendor(vendor.id, formatBaseUrl(baseUrl)) : vendor.id
  return settingsOf({ name: vendor.id, vendor: id, baseUrl, key: key ?? 'none' })
}

function keyFrom(
  vendor: Vendor,
  environment: DiscoveryParts['environment'],
  notes: string[],
): Secret | undefined {
  for (const variable of vendor.keyVariables) {
    const text = nonEmpty(environment[variable])
    if (text === undefined) continue
    if (!/^tt_[0-9a-z]{10}_/.test(text)) return new Secret(text)
    notes.push(`${variable} is left aside: it holds a key made by trimtab, meant for applications.`)
  }
  return undefined
}

async function fromLocalPort(
  vendor: Vendor & { id: VendorId },
  { listen, probe }: DiscoveryParts,
): Promise<ProviderSettings | undefined> {
  if (vendor.localPort === undefined) return undefined
  const baseUrl = { origin: `http://127.0.0.1:${vendor.localPort}`, path: '/v1' }
  if (pointsAtSelf(baseUrl, listen)) return undefined
  const models = await probe(baseUrl.origin)
  if (models === undefined) return undefined
  return settingsOf({ name: vendor.id, vendor: vendor.id, baseUrl, key: 'none', models })
}

/** Nothing was found: callers bring their own key, unless keys of trimtab's are what they bring. */
function fallback({ accessMode }: DiscoveryParts, notes: string[]): ProviderSettings[] {
  if (accessMode === 'keys') {
    notes.push('No provider was found: set OPENAI_API_KEY, or name one under providers in trimtab.yaml.')
    return []
  }
  const at = (host: string): BaseUrl => ({ origin: `https://${host}`, path: '/v1' })
  return [
    settingsOf({ name: 'openai', vendor: 'openai', baseUrl: at('api.openai.com'), key: 'client' }),
    settingsOf({ name: 'anthropic', vendor: 'anthropic', baseUrl: at('api.anthropic.com'), key: 'client' }),
  ]
}

function settingsOf(found: {
  name: string
  vendor: VendorId
  baseUrl: BaseUrl
  key: AccountKey
  models?: readonly string[]
}): ProviderSettings {
  const models = new Map<string, ModelFacts>((found.models ?? []).map((model) => [model, {}]))
  return {
    name: found.name,
    vendor: found.vendor,
    baseUrls: [found.baseUrl],
    accounts: [{ name: 'default', key: found.key }],
    models,
    maxInFlight: undefined,
    overrides: {},
  }
}

function localAddress({ origin }: BaseUrl): string {
  return origin.replace('://localhost', '://127.0.0.1')
}

function nonEmpty(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  return trimmed === '' ? undefined : trimmed
}
