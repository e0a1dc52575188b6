/** One block under `providers`, checked for sense → what the registry is built from. */
import { formatBaseUrl, parseBaseUrl } from '../providers/base-url.ts'
import type { ModelFacts } from '../providers/provider.ts'
import { Secret } from '../providers/secret.ts'
import type { AccountKey, AccountSettings, ProviderSettings } from '../providers/settings.ts'
import { inferVendor, isSelfHosted, isVendorId, type VendorId } from '../providers/vendors.ts'
import { commandSettings, startedHere } from './command-settings.ts'
import { metricsSettings } from './metrics-settings.ts'
import { addressesOf, baseUrlsOf } from './provider-addresses.ts'
import { tensorsOf } from './provider-tensors.ts'
import type { ProviderContent } from './schema.ts'
import { isTensorDialect } from './tensor-settings.ts'

export interface Surroundings {
  /** The folder that paths in the file count from; empty for the working directory. */
  folder: string
  /** Whether this platform starts processes. */
  startsProcesses: boolean
  listen: { host: string; port: number }
  accessMode: 'open' | 'keys'
  /** `message` follows the key's name in a sentence: `must be …`. */
  refuse(path: readonly (string | number)[], message: string): void
}

export function providerSettings(
  name: string,
  content: ProviderContent,
  around: Surroundings,
): ProviderSettings {
  const path = ['providers', name]
  const refuse: Surroundings['refuse'] = (below, message) => around.refuse([...path, ...below], message)
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) {
    refuse(
      [],
      'must be named with letters, digits, `.`, `_` and `-` alone, because models are asked for as `provider/model`',
    )
  }
  if (name === 'sandbox') refuse([], 'must be named otherwise: `sandbox` is the built-in simulated provider')
  const accounts = accountsOf(content, around.accessMode, refuse)
  const command = commandSettings(content, { ...around, refuse })
  const tensors = tensorsOf(content, around.startsProcesses, refuse)
  const vendor = vendorFor(name, content)
  if ((vendor === 'vertex' || content.dialect === 'vertex') && accounts.every(({ key }) => key === 'none'))
    refuse(
      ['credentials'],
      'is missing: state `credentials: google`, because Vertex AI takes no request without',
    )
  const baseUrls =
    command === undefined
      ? baseUrlsOf(content, vendor, around.listen, refuse)
      : startedHere(command.replicas ?? 1)
  return {
    name,
    vendor,
    baseUrls,
    accounts,
    models: modelsOf(content.models ?? []),
    ...inFlightOf(content),
    breaker: content.breaker,
    metrics: metricsSettings(content, refuse),
    maxQueued: content.max_queued,
    usdPerHour: content.cost?.usd_per_hour,
    command,
    tensors,
    overrides: {
      keyHeader: content.key_header,
      path: content.path,
      query: content.query,
      headers: content.headers,
      supportsStreamOptions: content.supports_stream_options,
      endpoints: content.endpoints,
    },
  }
}

/** Of lanes that are bounded apart, all together is their sum. */
function inFlightOf({
  max_in_flight: bound,
}: ProviderContent): Pick<ProviderSettings, 'maxInFlight' | 'maxInFlightByLane'> {
  if (typeof bound !== 'object') return { maxInFlight: bound }
  const { text, image, audio } = bound
  return { maxInFlight: text + (image ?? 0) + (audio ?? 0), maxInFlightByLane: bound }
}

function vendorFor(name: string, content: ProviderContent): VendorId {
  if (isTensorDialect(content.dialect)) return 'generic'
  if (content.vendor !== undefined && isVendorId(content.vendor)) return content.vendor
  // Whoever speaks it: its own address, or another that is asked the same way.
  if (content.dialect === 'anthropic') return 'anthropic'
  // Whatever its name, what runs on this machine is none of the hosted ones.
  if (content.command !== undefined) return isVendorId(name) && isSelfHosted(name) ? name : 'generic'
  const address = parseBaseUrl(content.base_url ?? addressesOf(content)?.[0] ?? '')
  return inferVendor(name, typeof address === 'string' ? undefined : formatBaseUrl(address))
}

function accountsOf(
  content: ProviderContent,
  accessMode: 'open' | 'keys',
  refuse: Surroundings['refuse'],
): AccountSettings[] {
  const { api_key: single, accounts, credentials } = content
  if (credentials !== undefined) {
    const other = single !== undefined ? 'api_key' : accounts !== undefined ? 'accounts' : undefined
    if (other !== undefined)
      refuse(['credentials'], `must not stand beside ${other}: a token of the cloud takes the key's place`)
    return [{ name: 'default', key: credentials }]
  }
  if (accounts === undefined) {
    const key = single === undefined ? 'none' : keyOf(single)
    if (key === 'client' && accessMode === 'keys') {
      refuse(
        ['api_key'],
        'must not be `client` where access.mode is `keys`: callers then send a key of trimtab, not of the provider',
      )
    }
    return [{ name: 'default', key }]
  }
  if (single !== undefined)
    refuse(['accounts'], 'must not stand beside api_key: list every key under accounts')
  const names = new Set<string>()
  return accounts.map(({ name, api_key }, index) => {
    if (names.has(name)) refuse(['accounts', index, 'name'], 'must not be listed twice')
    if (!/^[\w.-]{1,64}$/.test(name))
      refuse(['accounts', index, 'name'], 'must be letters, digits, `.`, `_` and `-` alone')
    names.add(name)
    const key = keyOf(api_key)
    if (key === 'client')
      refuse(['accounts', index, 'api_key'], 'must not be `client`: state it as the provider’s api_key')
    return { name, key }
  })
}

function keyOf(text: string): AccountKey {
  return text === 'client' ? 'client' : new Secret(text)
}

function modelsOf(content: NonNullable<ProviderContent['models']>): Map<string, ModelFacts> {
  if (Array.isArray(content)) return new Map(content.map((name) => [name, {}]))
  return new Map(
    Object.entries(content).map(([name, facts]) => [
      name,
      {
        ...(facts.context === undefined ? {} : { contextTokens: facts.context }),
        ...(facts.max_output === undefined ? {} : { maxOutputTokens: facts.max_output }),
        ...(facts.has === undefined ? {} : { has: facts.has }),
      },
    ]),
  )
}
