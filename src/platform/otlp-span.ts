/** Spans as OTLP's JSON encoding wants them, with the names of OpenTelemetry's HTTP and GenAI conventions. */

import type { EndedAttempt, EndedRequest } from '../gateway/observer.ts'
import type { SpanIds } from '../gateway/trace-context.ts'
import { INPUT_BUCKETS, TOKEN_BUCKETS, type TokenBucket } from '../metering/tokens.ts'
import { MODEL_ENDPOINTS } from '../openai/model-request.ts'

type AttributeValue =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean }

export interface Attribute {
  key: string
  value: AttributeValue
}

export interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attribute[]
  status: { code?: number }
}

const SERVER = 2
const CLIENT = 3
const ERROR = 2

/** Where the conventions' name of a provider is not our vendor's. */
const PROVIDER_NAMES: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  'azure-v1': 'azure.ai.openai',
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
}

/** The request as its caller saw it. */
export function serverSpan(request: EndedRequest, ids: SpanIds): OtlpSpan {
  const { last, costNanoUsd, error, status } = request
  const route = `/v1/${request.endpoint}`
  const failed = status >= 500 || (error !== undefined && status < 400)
  return {
    ...placed(ids, request.at, request.totalMs),
    name: `POST ${route}`,
    kind: SERVER,
    attributes: attributes({
      'http.request.method': 'POST',
      'http.route': route,
      'url.path': route,
      'http.response.status_code': status,
      'error.type': error,
      'trimtab.request_id': request.id,
      'trimtab.workflow': request.workflow,
      'trimtab.step': request.step,
      'trimtab.tier': request.tier,
      'trimtab.cache': request.cache,
      'trimtab.model': last && `${last.provider}/${last.model}`,
      'trimtab.attempts': request.attempts,
      'trimtab.cost_usd': costNanoUsd === undefined ? undefined : { doubleValue: costNanoUsd / 1e9 },
    }),
    status: failed ? { code: ERROR } : {},
  }
}

/** The convention names those of models; what is passed through has its endpoint's name. */
function operationOf(endpoint: string): string {
  const isChat = (MODEL_ENDPOINTS as readonly string[]).includes(endpoint) && endpoint !== 'embeddings'
  return isChat ? 'chat' : endpoint
}

/** One call to a provider. */
export function clientSpan(attempt: EndedAttempt, ids: SpanIds): OtlpSpan {
  const operation = operationOf(attempt.endpoint)
  const vendor = PROVIDER_NAMES[attempt.vendor] ?? attempt.vendor
  const failed = attempt.outcome !== 'answered'
  const billed = attempt.usage !== 'absent'
  const address = URL.canParse(attempt.origin) ? new URL(attempt.origin) : undefined
  return {
    ...placed(ids, attempt.startedAt, attempt.totalMs),
    name: `${operation} ${attempt.model}`,
    kind: CLIENT,
    attributes: attributes({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': vendor,
      // What `gen_ai.provider.name` was called before; dashboards made for it are in use.
      'gen_ai.system': vendor,
      'gen_ai.request.model': attempt.model,
      'gen_ai.usage.input_tokens': billed ? sum(attempt, INPUT_BUCKETS) : undefined,
      'gen_ai.usage.output_tokens': billed ? sum(attempt, OUTPUT_BUCKETS) : undefined,
      'gen_ai.usage.cache_read.input_tokens': billed ? attempt.tokens.cache_read : undefined,
      'server.address': address?.hostname,
      'server.port': address && (Number(address.port) || (address.protocol === 'https:' ? 443 : 80)),
      'http.response.status_code': attempt.status,
      'error.type': failed ? errorType(attempt) : undefined,
      'trimtab.provider': attempt.provider,
      'trimtab.replica': attempt.replica,
      'trimtab.outcome': attempt.outcome,
      'trimtab.usage': attempt.usage,
      'trimtab.first_chunk_ms': attempt.firstChunkMs && { doubleValue: attempt.firstChunkMs },
      'trimtab.cost_usd':
        attempt.costNanoUsd === undefined ? undefined : { doubleValue: attempt.costNanoUsd / 1e9 },
    }),
    status: failed ? { code: ERROR } : {},
  }
}

/** `value` undefined: the attribute is left out. */
export function attributes(
  values: Readonly<Record<string, string | number | { doubleValue: number } | undefined>>,
): Attribute[] {
  return Object.entries(values).flatMap(([key, value]): Attribute[] => {
    if (value === undefined) return []
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }]
    // 64-bit integers are texts in OTLP's JSON.
    return [{ key, value: typeof value === 'number' ? { intValue: String(value) } : value }]
  })
}

const OUTPUT_BUCKETS = TOKEN_BUCKETS.filter((bucket) => !INPUT_BUCKETS.includes(bucket))

function sum({ tokens }: EndedAttempt, buckets: readonly TokenBucket[]): number {
  return buckets.reduce((total, bucket) => total + tokens[bucket], 0)
}

/** The conventions ask for the status where there is one. */
function errorType({ status, outcome }: EndedAttempt): string {
  return status !== undefined && status >= 400 ? String(status) : outcome
}

function placed(ids: SpanIds, startMs: number, lengthMs: number) {
  return {
    traceId: ids.traceId,
    spanId: ids.spanId,
    ...(ids.parentId === undefined ? {} : { parentSpanId: ids.parentId }),
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(startMs + lengthMs),
  }
}

/** To the microsecond, which a double still holds. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1000)}000`
}
