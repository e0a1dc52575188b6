/** What the registry is built from: one provider as configuration or discovery states it, checked. */
import type { ModelEndpoint } from '../openai/model-request.ts'
import type { BaseUrl } from './base-url.ts'
import type { MetricsSettings } from './metrics/metrics-source.ts'
import type { LaneBounds, ModelFacts } from './provider.ts'
import type { Secret } from './secret.ts'
import type { TensorSettings } from './tensors/served-model.ts'
import type { Cloud } from './tokens/access-token.ts'
import type { VendorId } from './vendors.ts'

/** `client`: the caller's own credential is passed on. `none`: the provider is sent no credential. A cloud: its token. */
export type AccountKey = Secret | 'client' | 'none' | Cloud

export interface AccountSettings {
  name: string
  key: AccountKey
}

/** A model server that trimtab starts; `{port}` stands for the port that it is to listen on. */
export interface CommandSettings {
  /** The program and its arguments. */
  words: readonly string[]
  /** How many of them run, each on a port of its own; default: one. */
  replicas?: number | undefined
  /** Added to the variables that the program inherits. */
  environment: Readonly<Record<string, string>>
  /** Where it runs: a path from the working directory, or an absolute one. */
  directory: string
  /** Path that answers 2xx once it takes requests; undefined: the usual ones are tried. */
  readyPath: string | undefined
  readyTimeoutMs: number
}

export interface ProviderSettings {
  name: string
  vendor: VendorId
  /** One, or several replicas of one model server. */
  baseUrls: readonly BaseUrl[]
  /** At least one; every replica is reached under every account. */
  accounts: readonly AccountSettings[]
  models: ReadonlyMap<string, ModelFacts>
  /** Of all lanes together. */
  maxInFlight: number | undefined
  maxInFlightByLane?: LaneBounds | undefined
  /** False: nobody is left out for failing; default: true. */
  breaker?: boolean | undefined
  /** Requests that may wait for a slot on any of its replicas; undefined: the usual number. */
  maxQueued?: number | undefined
  /** What each replica costs while it stands ready, used or not; undefined where its tokens have a price. */
  usdPerHour?: number | undefined
  /** Undefined where somebody else runs the server. */
  command?: CommandSettings | undefined
  /** Where its replicas tell of themselves; undefined: where servers of its kind do. */
  metrics?: MetricsSettings | undefined
  /** Of a server of tensors: what its models answer, and how. Undefined where OpenAI's words are understood. */
  tensors?: TensorSettings | undefined
  /** What the operator states differs from the vendor's row. */
  overrides: {
    keyHeader?: string | undefined
    path?: string | undefined
    query?: string | undefined
    headers?: Readonly<Record<string, string>> | undefined
    supportsStreamOptions?: boolean | undefined
    endpoints?: readonly ModelEndpoint[] | undefined
  }
}
