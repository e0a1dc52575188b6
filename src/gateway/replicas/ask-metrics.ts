/** Asks one replica for its own metrics, outside of any journey. */
import type { Principal } from '../../access/principal.ts'
import { type MetricsSource, metricsAddress } from '../../providers/metrics/metrics-source.ts'
import { readServerMetrics, type ServerMetrics } from '../../providers/metrics/server-metrics.ts'
import type { Provider, Replica } from '../../providers/provider.ts'
import type { OutboundRequest } from '../../providers/transport.ts'
import { askWhole, type WholeAnswer } from '../../providers/whole-answer.ts'
import { outboundHeaders } from '../headers.ts'

export type MetricsAnswer =
  | { kind: 'told'; metrics: ServerMetrics }
  /** It has none, keeps them from us, or what it prints is none of what is known. `status` is of HTTP. */
  | { kind: 'untold'; status: number }
  /** Not reached, broken, late, or too large. */
  | { kind: 'failed' }

export interface MetricsCall {
  /** Never rejects. */
  answer: Promise<MetricsAnswer>
  /** The answer is `failed` then. */
  abort(): void
}

/** A vLLM of one model prints 60 to 150 kB. */
const MOST_BYTES = 1024 * 1024
/** What llama.cpp's server says where it was started without `--metrics`. */
const NOT_IMPLEMENTED = 501
/** What is asked seldom finds every kept connection dead. */
const KEPT_MS = 3_000

/** The metrics are for nobody among the callers. */
const NOBODY: Principal = {
  tenant: 'metrics',
  team: undefined,
  key: undefined,
  allowedModels: undefined,
  allowedWorkflows: undefined,
  credential: undefined,
}

export function askMetrics(
  provider: Provider,
  replica: Replica,
  { place, intervalMs, timeoutMs, network }: MetricsSource,
): MetricsCall {
  const { origin, path, isSameOrigin } = metricsAddress(replica, place)
  const request: OutboundRequest = {
    method: 'GET',
    origin,
    path,
    // Another port is another server: it is shown no secret.
    headers: isSameOrigin ? outboundHeaders([], provider, replica, NOBODY) : ['accept-encoding', 'identity'],
    body: null,
    connectTimeoutMs: timeoutMs,
    freshConnection: intervalMs > KEPT_MS,
  }
  const call = askWhole(network, request, { mostBytes: MOST_BYTES, deadlineMs: timeoutMs })
  return { answer: call.answer.then(metricsIn), abort: call.abort }
}

function metricsIn(answer: WholeAnswer): MetricsAnswer {
  if (answer.kind !== 'answered') return { kind: 'failed' }
  const { status, body } = answer
  if (status >= 500 && status !== NOT_IMPLEMENTED) return { kind: 'failed' }
  if (status !== 200) return { kind: 'untold', status }
  const metrics = readServerMetrics(new TextDecoder().decode(body))
  return metrics === undefined ? { kind: 'untold', status } : { kind: 'told', metrics }
}
