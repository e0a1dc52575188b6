/** One block under `providers`, checked for sense → what the registry is built from. */
import { type BaseUrl, formatBaseUrl, parseBaseUrl, pointsAtSelf } from '../providers/base-url.ts'
import type { ModelFacts } from '../providers/provider.ts'
import { Secret } from '../providers/secret.ts'
import type { AccountKey, AccountSettings, ProviderSettings } from '../providers/settings.ts'
import type { TensorSettings } from '../providers/tensors/served-model.ts'
import {
  addressOf,
  inferVendor,
  isSelfHosted,
  isVendorId,
  type Vendor,
  type VendorId,
  vendorOf,
} from '../providers/vendors.ts'
import { commandSettings, startedHere } from './command-settings.ts'
import type { ProviderContent } from './schema.ts'
import { tensorModelKeys } from './tensor-model-schema.ts'
import { isTensorDialect, tensorSettings } from './tensor-settings.ts'

/** Prediction endpoints lie below a project's place, beside the one that speaks OpenAI's dialect. */
const VERTEX_PREDICTION = {
  id: 'vertex',
  baseUrl: undefined,
  addressTemplate: 'https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}',
} as const

/** What people are used to write, and is part of every path. */
const PATH_ABOVE: Readonly<Partial<Record<ProviderContent['dialect'], string>>> = {
  kserve: '/v2',
  'tensorflow-serving': '/v1',
}

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
  const tensors = tensorsOf(content, refuse)
  const vendor = vendorFor(name, content)
  if ((vendor === 'vertex' || content.dialect === 'vertex') && accounts.every(({ key }) => key === 'none'))
    refuse(
      ['credentials'],
      'is missing: state `credentials: google`, because Vertex AI takes no request without',
    )
  if (content.max_queued !== undefined && content.max_in_flight === undefined)
    refuse(['max_queued'], 'must not stand without max_in_flight: without it nothing waits')
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
    maxInFlight: content.max_in_flight,
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

/** Undefined where OpenAI's or Anthropic's words are understood. */
function tensorsOf(content: ProviderContent, refuse: Surroundings['refuse']): TensorSettings | undefined {
  const { dialect, models } = content
  if (!isTensorDialect(dialect)) {
    for (const [name, facts] of Object.entries(models === undefined || Array.isArray(models) ? {} : models))
      for (const key of Object.keys(tensorModelKeys))
        if (key in facts)
          refuse(
            ['models', name, key],
            `must not stand where dialect is \`${dialect}\`, which names no tensors`,
          )
    return undefined
  }
  for (const key of ['vendor', 'path', 'endpoints', 'supports_stream_options'] as const)
    if (content[key] !== undefined)
      refuse(
        [key],
        `must not stand where dialect is \`${dialect}\`: it is about servers that speak OpenAI’s dialect`,
      )
  return tensorSettings(dialect, models, refuse)
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

/** A number says how many servers trimtab starts itself. */
function addressesOf({ replicas }: ProviderContent): readonly string[] | undefined {
  return Array.isArray(replicas) ? replicas : undefined
}

function baseUrlsOf(
  content: ProviderContent,
  vendor: VendorId,
  listen: Surroundings['listen'],
  refuse: Surroundings['refuse'],
): BaseUrl[] {
  if (content.base_url !== undefined && content.replicas !== undefined) {
    refuse(['replicas'], 'must not stand beside base_url: list every address under replicas')
  }
  const row = content.dialect === 'vertex' ? VERTEX_PREDICTION : vendorOf(vendor)
  const standard = standardAddress(content, row, refuse)
  const written =
    addressesOf(content)?.map((text, index) => ({ text, at: ['replicas', index] })) ??
    (content.base_url === undefined ? [] : [{ text: content.base_url, at: ['base_url'] }])
  if (written.length === 0) {
    if (standard === undefined && row.addressTemplate === undefined)
      refuse(['base_url'], 'is missing: state where the provider answers, like https://host/v1')
    return [parseBaseUrl(standard ?? '')].filter((parsed) => typeof parsed !== 'string')
  }
  const seen = new Set<string>()
  return written.flatMap(({ text, at }) => {
    const parsed = parseBaseUrl(text)
    if (typeof parsed === 'string') {
      refuse(at, `must be ${parsed}`)
      return []
    }
    const above = PATH_ABOVE[content.dialect]
    if (above !== undefined && parsed.path.endsWith(above))
      refuse(at, `must be the address above \`${above}\`, which is added to it`)
    if (pointsAtSelf(parsed, listen))
      refuse(at, 'must not be the address of trimtab itself, which would forward to itself without end')
    if (seen.has(formatBaseUrl(parsed))) refuse(at, 'must not be listed twice')
    seen.add(formatBaseUrl(parsed))
    return [parsed]
  })
}

/** The vendor's own address; `region` and `project` are refused where it has no place for them, or misses them. */
function standardAddress(
  content: ProviderContent,
  row: Pick<Vendor, 'id' | 'baseUrl' | 'addressTemplate'>,
  refuse: Surroundings['refuse'],
): string | undefined {
  const { region, project } = content
  const isStated = content.base_url !== undefined || content.replicas !== undefined
  for (const [name, value] of Object.entries({ region, project })) {
    const isWanted = !isStated && row.addressTemplate?.includes(`{${name}}`) === true
    if (isWanted && value === undefined)
      refuse([name], `is missing: ${row.id}'s address has it in it (or state the whole address as base_url)`)
    if (!isWanted && value !== undefined)
      refuse(
        [name],
        `has no place in this provider's address: leave it out${isStated ? ' beside base_url' : ''}`,
      )
  }
  return addressOf(row, { region, project })
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
