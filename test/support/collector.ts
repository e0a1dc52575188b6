/** An OpenTelemetry collector that keeps the spans it is sent. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CollectedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  status: { code?: number }
  attributes: Readonly<Record<string, string | number>>
}

export interface Collector {
  url: string
  readonly spans: readonly CollectedSpan[]
  /** Bodies as they came. */
  readonly text: string
  /** Headers of the last request. */
  readonly headers: Readonly<Record<string, unknown>>
  /** What the next requests are answered with. */
  answer(status: number): void
  readonly requests: number
  close(): Promise<void>
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = []
  let text = ''
  let status = 200
  let requests = 0
  let headers: Readonly<Record<string, unknown>> = {}
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      requests++
      headers = request.headers
      const body = Buffer.concat(pieces).toString()
      const known = request.url === '/v1/traces' && request.method === 'POST'
      if (known && status === 200) {
        text += body
        spans.push(...spansOf(body))
      }
      response.writeHead(known ? status : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get text() {
      return text
    },
    get headers() {
      return headers
    },
    get requests() {
      return requests
    },
    answer: (next) => {
      status = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type WireValue = { stringValue?: string; intValue?: string; doubleValue?: number }
type WireSpan = Omit<CollectedSpan, 'attributes'> & { attributes: { key: string; value: WireValue }[] }

function spansOf(body: string): CollectedSpan[] {
  const { resourceSpans } = JSON.parse(body) as {
    resourceSpans: { scopeSpans: { spans: WireSpan[] }[] }[]
  }
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map((span) => ({ ...span, attributes: Object.fromEntries(span.attributes.map(attributeOf)) }))
}

function attributeOf({ key, value }: { key: string; value: WireValue }): [string, string | number] {
  return [key, value.stringValue ?? value.doubleValue ?? Number(value.intValue)]
}
