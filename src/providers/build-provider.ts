/** Turns one provider's settings into the provider that requests are sent to. */
import { MODEL_ENDPOINTS, type ModelEndpoint } from '../openai/model-request.ts'
import { formatBaseUrl } from './base-url.ts'
import { embeddingInputsOf } from './embedding-inputs.ts'
import { metricsSource } from './metrics/metrics-source.ts'
import type { Provider, ProviderCredential, Replica } from './provider.ts'
import type { AccountKey, ProviderSettings } from './settings.ts'
import { seamPath } from './tensors/seam.ts'
import type { TensorSettings } from './tensors/served-model.ts'
import { TensorTransport } from './tensors/tensor-transport.ts'
import type { AccessToken, Cloud } from './tokens/access-token.ts'
import type { HeaderList, Transport } from './transport.ts'
import { type Vendor, vendorOf } from './vendors.ts'

/** Whoever comes after so many would hardly be answered before its caller gives up. */
const USUAL_QUEUE = 1000

export function buildProvider(
  settings: ProviderSettings,
  transport: Transport,
  tokenOf: (cloud: Cloud) => AccessToken,
  now: () => number,
): Provider {
  const vendor = vendorOf(settings.vendor)
  const { overrides, tensors } = settings
  const template = overrides.path ?? vendor.path
  return {
    name: settings.name,
    vendor: settings.vendor,
    priceProvider: vendor.priceProvider,
    free: false,
    keyVariable: vendor.keyVariables[0],
    replicas: replicasOf(settings, vendor, template, {
      header: overrides.keyHeader?.toLowerCase() ?? vendor.keyHeader,
      tokenOf,
    }),
    models: settings.models,
    extraHeaders: headerList({ ...vendor.headers, ...overrides.headers }),
    defaultHeaders: headerList(vendor.defaultHeaders),
    isStrict: vendor.isStrict,
    endpoints: tensors === undefined ? new Set(overrides.endpoints ?? vendor.endpoints) : servedBy(tensors),
    query: overrides.query ?? vendor.query,
    path: tensors === undefined ? pathOf(template, vendor) : seamPath,
    supportsStreamOptions: overrides.supportsStreamOptions ?? vendor.supportsStreamOptions,
    tellsLogprobs: vendor.tellsLogprobs,
    // OpenAI's newer models refuse the older name; other servers may know nothing else.
    chatBoundMember: /^(?:openai|azure)/.test(settings.vendor) ? 'max_completion_tokens' : 'max_tokens',
    // Servers of tensors have their calls joined on their way, where `batch` says so.
    embeddingInputs: tensors === undefined ? embeddingInputsOf(settings.vendor) : 1,
    maxInFlight: settings.maxInFlight,
    maxInFlightByLane: settings.maxInFlightByLane,
    breaker: settings.breaker,
    maxQueued: settings.maxQueued ?? USUAL_QUEUE,
    metrics: metricsSource(settings, transport),
    transport: tensors === undefined ? transport : tensorTransport(tensors, settings, { transport, now }),
  }
}

/** The provider that answers by itself, `sandbox/*`. */
export function sandboxProvider(transport: Transport): Provider {
  return {
    name: 'sandbox',
    vendor: 'sandbox',
    priceProvider: undefined,
    free: true,
    keyVariable: undefined,
    replicas: [
      {
        id: 'sandbox/sandbox/default',
        origin: 'http://sandbox',
        basePath: '/v1',
        account: 'default',
        credential: { kind: 'none' },
      },
    ],
    models: new Map(),
    extraHeaders: [],
    defaultHeaders: [],
    isStrict: false,
    endpoints: new Set(['chat/completions', 'completions', 'embeddings']),
    query: '',
    path: (endpoint) => `/${endpoint}`,
    supportsStreamOptions: true,
    tellsLogprobs: false,
    chatBoundMember: 'max_completion_tokens',
    embeddingInputs: 2048,
    maxInFlight: undefined,
    maxQueued: USUAL_QUEUE,
    transport,
  }
}

function replicasOf(
  settings: ProviderSettings,
  { usualPath }: Vendor,
  template: string,
  shown: Shown,
): Replica[] {
  return settings.baseUrls.flatMap((baseUrl) =>
    settings.accounts.map((account) => ({
      id: `${settings.name}/${replicaPlace(settings, baseUrl.origin) ?? formatBaseUrl(baseUrl)}/${account.name}`,
      origin: baseUrl.origin,
      basePath: basePathOf(baseUrl.path || usualPath, template),
      account: account.name,
      credential: credentialOf(account.key, shown),
    })),
  )
}

/** Azure's endpoint is written with and without the `/openai` that every path starts with. */
function basePathOf(path: string, template: string): string {
  return path !== '' && template.startsWith(`${path}/`) ? '' : path
}

/** `host:port`, which is enough unless two replicas differ in their paths alone. */
function replicaPlace(settings: ProviderSettings, origin: string): string | undefined {
  // Its port may be another after each start, and its figures belong together.
  if (settings.command !== undefined) return new URL(origin).hostname
  const sameOrigin = settings.baseUrls.filter((baseUrl) => baseUrl.origin === origin)
  if (sameOrigin.length > 1) return undefined
  const url = new URL(origin)
  return url.port === '' ? `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` : url.host
}

/** How a credential is shown, and where the clouds' come from. */
interface Shown {
  header: string
  tokenOf(cloud: Cloud): AccessToken
}

function credentialOf(key: AccountKey, { header, tokenOf }: Shown): ProviderCredential {
  if (key === 'none') return { kind: key }
  if (key === 'client') return { kind: key, keyHeader: header }
  // Never in the header that a vendor has for keys.
  if (typeof key === 'string') return { kind: 'token', header: 'authorization', token: tokenOf(key) }
  const text = key.reveal()
  const value = header === 'authorization' ? `Bearer ${text}` : text
  const credential: ProviderCredential = { kind: 'key', header, value }
  return Object.defineProperty(credential, 'value', { value, enumerable: false })
}

function tensorTransport(
  tensors: TensorSettings,
  { overrides }: ProviderSettings,
  { transport, now }: { transport: Transport; now: () => number },
): Transport {
  const own = [overrides.keyHeader ?? 'authorization', ...Object.keys(overrides.headers ?? {})]
  const headers = own.map((name) => name.toLowerCase())
  return new TensorTransport(tensors, { network: transport, headers, now })
}

/** Of the endpoints that others can be said in. */
function servedBy({ models }: TensorSettings): ReadonlySet<ModelEndpoint> {
  const served = new Set<string>([...models.values()].map(({ serves }) => serves))
  return new Set(MODEL_ENDPOINTS.filter((endpoint) => served.has(endpoint)))
}

function headerList(headers: Readonly<Record<string, string>>): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value])
}

function pathOf(template: string, vendor: Vendor): (endpoint: string, model: string) => string {
  const parts = /^(.*)\{model\}(.*)$/.exec(template)
  return (endpoint, model) => {
    if (endpoint === 'models') return vendor.modelsPath
    if (parts === null) return template.replace('{endpoint}', endpoint)
    // What belongs to no deployment lies beside the list of models.
    if (model === '') return vendor.modelsPath.replace(/models$/, endpoint)
    const [, before = '', after = ''] = parts
    return `${before}${encodeURIComponent(model)}${after}`.replace('{endpoint}', endpoint)
  }
}
