/** Sends spans to an OpenTelemetry collector (OTLP over HTTP, JSON): in batches, behind the traffic, and never in its way. */
import type { EndedAttempt, EndedRequest, Observer } from '../gateway/observer.ts'
import type { SpanIds } from '../gateway/trace-context.ts'
import { attributes, clientSpan, type OtlpSpan, serverSpan } from './otlp-span.ts'

export interface SpanExporterOptions {
  serviceName: string
  version: string
  /** Resolves with the collector's status, or undefined where it could not be reached in time. */
  post(body: Uint8Array): Promise<number | undefined>
  /** Told when an outage of the collector begins and ends. */
  warn(message: string): void
}

/** The OpenTelemetry SDK's defaults. */
const MOST_QUEUED = 2048
const BATCH = 512
const EVERY_MS = 5000
/** A collector may take a moment; a longer outage costs its spans. */
const MOST_TRIES = 3

type Ended = { attempt: EndedAttempt; ids: SpanIds } | { request: EndedRequest; ids: SpanIds }

export class SpanExporter implements Observer {
  readonly #options: SpanExporterOptions
  /** Turned into spans only when they are sent. */
  #queue: Ended[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending: Promise<void> | undefined
  #tries = 0
  #dropped = 0
  #reaches = true

  constructor(options: SpanExporterOptions) {
    this.#options = options
  }

  /** Spans given up since the start. */
  get dropped(): number {
    return this.#dropped
  }

  requestBegan(): void {}

  requestRefused(): void {}

  attemptEnded(attempt: EndedAttempt): void {
    if (attempt.span !== undefined) this.#add({ attempt, ids: attempt.span })
  }

  requestEnded(request: EndedRequest): void {
    if (request.span !== undefined) this.#add({ request, ids: request.span })
  }

  /** Sends what is queued, as far as the collector takes it. */
  async close(): Promise<void> {
    await this.#sending
    while (this.#queue.length > 0 && this.#tries === 0) await this.#send()
    clearTimeout(this.#timer)
    this.#drop(this.#queue.length)
  }

  #add(ended: Ended): void {
    if (this.#queue.length >= MOST_QUEUED) return this.#drop(1)
    this.#queue.push(ended)
    if (this.#queue.length === BATCH && this.#tries === 0) void this.#send()
    else this.#timer ??= this.#later()
  }

  #later(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#timer = undefined
      void this.#send()
    }, EVERY_MS)
  }

  #send(): Promise<void> {
    this.#sending ??= this.#sendBatch().finally(() => {
      this.#sending = undefined
      if (this.#queue.length > 0) this.#timer ??= this.#later()
    })
    return this.#sending
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#queue.slice(0, BATCH)
    if (batch.length === 0) return
    const status = await this.#options.post(this.#encode(batch)).catch(() => undefined)
    const taken = status !== undefined && status >= 200 && status < 300
    this.#tell(taken, status)
    this.#tries = taken ? 0 : this.#tries + 1
    if (!taken && isPassing(status) && this.#tries < MOST_TRIES) return
    this.#queue.splice(0, batch.length)
    if (!taken) this.#dropped += batch.length
  }

  #encode(batch: readonly Ended[]): Uint8Array {
    const spans = batch.map(
      (ended): OtlpSpan =>
        'attempt' in ended ? clientSpan(ended.attempt, ended.ids) : serverSpan(ended.request, ended.ids),
    )
    const { serviceName, version } = this.#options
    const resource = { attributes: attributes({ 'service.name': serviceName, 'service.version': version }) }
    const scopeSpans = [{ scope: { name: 'trimtab', version }, spans }]
    return new TextEncoder().encode(JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }))
  }

  #tell(taken: boolean, status: number | undefined): void {
    if (taken === this.#reaches) return
    this.#reaches = taken
    if (taken) return this.#options.warn('The collector takes spans again.')
    const reason = status === undefined ? 'cannot be reached' : `answers ${status}`
    this.#options.warn(`The collector of spans ${reason}: requests go on, spans are kept for a while.`)
  }

  #drop(count: number): void {
    this.#dropped += count
    if (count > 1) this.#queue = []
  }
}

/** What OTLP says may be sent again. */
function isPassing(status: number | undefined): boolean {
  return status === undefined || [429, 502, 503, 504].includes(status)
}
