/** Where the replicas of a provider tell of themselves, and how often they are asked. */
import type { Replica } from '../provider.ts'
import type { ProviderSettings } from '../settings.ts'
import type { TensorDialectName } from '../tensors/served-model.ts'
import type { Transport } from '../transport.ts'
import type { VendorId } from '../vendors.ts'

/** A path beside `/v1`, such as `/metrics`, with a port before it where it is another than requests': `:8002/metrics`. */
export type MetricsPlace = string

/** As the operator states it. */
export type MetricsSettings =
  | { isAsked: false }
  | {
      isAsked: true
      /** Undefined: where servers of its kind tell it, else `/metrics`. */
      place: MetricsPlace | undefined
      intervalMs: number | undefined
      timeoutMs: number | undefined
    }

export interface MetricsSource {
  place: MetricsPlace
  intervalMs: number
  timeoutMs: number
  network: Transport
}

const METRICS_PLACE = /^(:[1-9]\d{0,4})?(\/[\x21-\x7e]*)$/
const HIGHEST_PORT = 65_535

const INTERVAL_MS = 2_000
const TIMEOUT_MS = 1_000
/** Who prints figures of its own, on the port of requests. */
const BY_VENDOR: Partial<Record<VendorId, MetricsPlace>> = {
  vllm: '/metrics',
  sglang: '/metrics',
  llamacpp: '/metrics',
}
const BY_DIALECT: Partial<Record<TensorDialectName, MetricsPlace>> = {
  tei: '/metrics',
  // Triton's own port for them.
  kserve: ':8002/metrics',
}

/** @returns undefined where they are not to be asked: told off, or of a kind that tells nothing */
export function metricsSource(
  { vendor, tensors, metrics }: Pick<ProviderSettings, 'vendor' | 'tensors' | 'metrics'>,
  network: Transport,
): MetricsSource | undefined {
  const usual = tensors === undefined ? BY_VENDOR[vendor] : BY_DIALECT[tensors.dialect]
  if (metrics === undefined)
    return usual === undefined
      ? undefined
      : { place: usual, intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS, network }
  if (!metrics.isAsked) return undefined
  const { place = usual ?? '/metrics', intervalMs = INTERVAL_MS, timeoutMs = TIMEOUT_MS } = metrics
  return { place, intervalMs, timeoutMs, network }
}

/** Whether it is a `MetricsPlace`. */
export function isMetricsPlace(text: string): boolean {
  const found = METRICS_PLACE.exec(text)
  return found !== null && Number(found[1]?.slice(1) ?? 0) <= HIGHEST_PORT
}

/** Of one replica. `isSameOrigin`: what proves requests to it may be shown there, too. */
export function metricsAddress(
  { origin, basePath }: Pick<Replica, 'origin' | 'basePath'>,
  place: MetricsPlace,
): { origin: string; path: string; isSameOrigin: boolean } {
  const [, port, path = place] = METRICS_PLACE.exec(place) ?? []
  const beside = `${basePath.replace(/\/v1$/, '')}${path}`
  if (port === undefined) return { origin, path: beside, isSameOrigin: true }
  const { protocol, hostname } = new URL(origin)
  return { origin: `${protocol}//${hostname}${port}`, path, isSameOrigin: false }
}
