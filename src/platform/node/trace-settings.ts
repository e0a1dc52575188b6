/** Where spans go, if anywhere: `traces` of the configuration, else the variables that OpenTelemetry's own SDKs read. */
import type { Config } from '../../config.ts'
import type { Metrics } from '../../metering/metrics.ts'
import type { Transport } from '../../providers/transport.ts'
import { post } from '../post.ts'
import { SpanExporter } from '../span-exporter.ts'
import { packageVersion } from './package-files.ts'

interface TraceSettings {
  url: URL
  /** Names and values alternate. */
  headers: readonly string[]
  serviceName: string
}

const SERVICE = 'trimtab'
const POST_TIMEOUT_MS = 10_000

/** Returns undefined where no spans are wanted. */
export function openSpanExporter(
  traces: Config['traces'],
  environment: Readonly<Record<string, string | undefined>>,
  { network, metrics, warn }: { network: Transport; metrics: Metrics; warn: (message: string) => void },
): SpanExporter | undefined {
  const settings = traceSettings(traces, environment, warn)
  if (settings === undefined) return undefined
  const headers = ['content-type', 'application/json', ...settings.headers]
  const exporter = new SpanExporter({
    serviceName: settings.serviceName,
    version: packageVersion(),
    post: (body) => post(network, settings.url, headers, body, POST_TIMEOUT_MS),
    warn,
  })
  metrics.gauge('trimtab_spans_dropped', 'Spans given up since the start.', [], () => [
    { labels: [], value: exporter.dropped },
  ])
  return exporter
}

/** Returns undefined where no spans are wanted; tells of a variable that names no address. */
function traceSettings(
  traces: Config['traces'],
  environment: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void,
): TraceSettings | undefined {
  if (environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined
  const whole = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || undefined
  const base = traces?.endpoint ?? (environment.OTEL_EXPORTER_OTLP_ENDPOINT || undefined)
  const text =
    traces === undefined && whole !== undefined ? whole : base && `${base.replace(/\/+$/, '')}/v1/traces`
  if (text === undefined) return undefined
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    warn('OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// address: no spans are sent.')
    return undefined
  }
  const written = traces?.headers ?? listedHeaders(environment)
  return {
    url: new URL(text),
    headers: Object.entries(written).flat(),
    serviceName: environment.OTEL_SERVICE_NAME || SERVICE,
  }
}

/** `name=value,name=value`, percent-encoded. */
function listedHeaders(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const text = environment.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? environment.OTEL_EXPORTER_OTLP_HEADERS ?? ''
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    return at > 0 && /^[\w-]+$/.test(name) ? [[name, decoded(pair.slice(at + 1).trim())] as const] : []
  })
  return Object.fromEntries(pairs)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
