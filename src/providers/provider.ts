/** A provider as the registry builds it from one block of configuration. */
import type { ModelEndpoint } from '../openai/model-request.ts'
import type { MetricsSource } from './metrics/metrics-source.ts'
import type { AccessToken } from './tokens/access-token.ts'
import type { HeaderList, Transport } from './transport.ts'
import type { VendorId } from './vendors.ts'

/** How a request proves itself to the provider. */
export type ProviderCredential =
  /** `value` is whole, as the header carries it, and not enumerable: no log line or JSON shows it. */
  | { kind: 'key'; header: string; value: string }
  /** A cloud's token, which has to be `ready()` before each request. */
  | { kind: 'token'; header: 'authorization'; token: AccessToken }
  /** The caller's own credential, in the header that the provider has for keys. */
  | { kind: 'client'; keyHeader: string }
  | { kind: 'none' }

/** One place that answers: a base URL with one account's credential. */
export interface Replica {
  /** Stable across reloads: `provider/host:port/account`. Health and load are kept under it. */
  id: string
  origin: string
  /** Path prefix of the base URL without a trailing slash, for instance `/v1`. */
  basePath: string
  /** Name of the account whose key is used; `default` where only one is configured. */
  account: string
  credential: ProviderCredential
}

export interface ModelFacts {
  contextTokens?: number
  /** The longest answer that the model gives; no list of models or prices tells it, so the operator does. */
  maxOutputTokens?: number
  /** `tools`, `image`, `audio`, `json_schema`, … */
  has?: readonly string[]
}

/** Requests of different media wait apart: an image takes another part of a server than a text, and other time. */
export type Lane = 'text' | 'image' | 'audio'

export type LaneBounds = Readonly<{ text: number; image?: number | undefined; audio?: number | undefined }>

export interface Provider {
  name: string
  vendor: VendorId | 'sandbox'
  /** Id of the same vendor in price tables, or undefined where the vendor is unknown (self-hosted). */
  priceProvider: string | undefined
  /** Known to cost nothing, which is more than having no known price. */
  free: boolean
  /** Where an operator sets the provider's key, for messages; undefined where no variable is usual. */
  keyVariable: string | undefined
  replicas: readonly Replica[]
  /** Models that the operator or the server itself listed; any other may be asked for as `provider/model`. */
  models: ReadonlyMap<string, ModelFacts>
  /** Sent with every request, in place of the caller's own of the same name. */
  extraHeaders: HeaderList
  /** Sent where the caller sends none of the name. */
  defaultHeaders: HeaderList
  /** Which it answers itself. */
  endpoints: ReadonlySet<ModelEndpoint>
  /** Appended to every path, for instance `api-version=2024-10-21`. */
  query: string
  /**
   * Path of an endpoint below the base path, `models` and those that are passed through among them; `{model}` is
   * replaced (Azure deployments).
   */
  path(endpoint: string, model: string): string
  supportsStreamOptions: boolean
  /** Chat tells the probabilities of tokens where it is asked for them; single models may, where their facts say so. */
  tellsLogprobs: boolean
  /** How chat is told a bound of the answer's length where the caller states none. */
  chatBoundMember: 'max_tokens' | 'max_completion_tokens'
  /** Refuses members of a request that it does not know. */
  isStrict: boolean
  /** How many inputs of embeddings it takes in one call; 1: those of several callers never go together. */
  embeddingInputs: number
  /** Requests in flight per replica before others queue, of all lanes together; undefined: no bound. */
  maxInFlight: number | undefined
  /** The same by lane, `text` at least; undefined where all share one bound. */
  maxInFlightByLane?: LaneBounds | undefined
  /** False: a replica is asked as ever, however often it fails and however slow it is. */
  breaker?: boolean | undefined
  /** How many may queue; more are refused. */
  maxQueued: number
  /** Where its replicas tell of themselves; undefined: they are not asked. */
  metrics?: MetricsSource | undefined
  transport: Transport
}

/** Whether the caller's own credential is what the provider is sent. */
export function sendsCallersKey({ replicas }: Provider): boolean {
  return replicas.some(({ credential }) => credential.kind === 'client')
}

export function replicaIdsOf(providers: Iterable<Provider>): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { replicas } of providers) for (const { id } of replicas) ids.add(id)
  return ids
}

/** The lane that a request is in there: `text` where its own has no bound of its own. */
export function laneAt({ maxInFlightByLane }: Provider, lane: Lane): Lane {
  return maxInFlightByLane?.[lane] === undefined ? 'text' : lane
}

/** Whether each request is in the same lane there. */
export function hasSameLanes(one: Provider, other: Provider): boolean {
  return laneAt(one, 'image') === laneAt(other, 'image') && laneAt(one, 'audio') === laneAt(other, 'audio')
}

/** Requests in flight per replica in a lane of `laneAt`; undefined: no bound. */
export function boundOf({ maxInFlight, maxInFlightByLane }: Provider, lane: Lane): number | undefined {
  return maxInFlightByLane?.[lane] ?? maxInFlight
}
