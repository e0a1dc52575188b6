/** An exchange on web standards: for Workers, and for `app.request()` in tests. */
import type { Context } from 'hono'
import { Failure } from '../errors.ts'
import type { AnswerSink } from '../gateway/answer-sink.ts'
import type { HeaderList } from '../providers/transport.ts'
import type { Exchange } from './exchange.ts'
import { WebSink } from './web-sink.ts'

/** What a runtime that lets go of a request with its answer passes as Hono's environment. */
export interface WebBindings {
  defer(work: Promise<unknown>): void
}

export function openWebExchange(context: Context): Exchange {
  const { defer } = (context.env ?? {}) as Partial<WebBindings>
  return new WebExchange(context.req.raw, defer)
}

class WebExchange implements Exchange {
  readonly headers: HeaderList
  readonly remoteIsLoopback = undefined
  readonly #request: Request
  readonly #sink: WebSink
  readonly #defer: WebBindings['defer'] | undefined

  constructor(request: Request, defer: WebBindings['defer'] | undefined) {
    this.#request = request
    this.#defer = defer
    this.#sink = new WebSink(request.signal)
    this.headers = [...request.headers].flat()
  }

  get sink(): AnswerSink {
    return this.#sink
  }

  header(name: string): string | undefined {
    // A Request made from a URL alone carries no Host header; its URL says the same.
    if (name === 'host') return this.#request.headers.get(name) ?? new URL(this.#request.url).host
    return this.#request.headers.get(name) ?? undefined
  }

  async body(limitBytes: number): Promise<Uint8Array> {
    const stream = this.#request.body
    if (!stream) return new Uint8Array(0)
    const coding = this.header('content-encoding') ?? 'identity'
    const decoded = coding === 'identity' ? stream : stream.pipeThrough(decoderFor(coding))
    try {
      return await collect(decoded, limitBytes)
    } catch (cause) {
      if (cause instanceof Failure) throw cause
      throw coding === 'identity' || this.#request.signal.aborted ? left(cause) : undecodable(coding, cause)
    }
  }

  holdUntil(work: Promise<void>): void {
    this.#defer?.(work)
  }

  response(): Promise<Response> {
    return this.#sink.response
  }
}

function decoderFor(coding: string): ReadableWritablePair<Uint8Array<ArrayBuffer>, BufferSource> {
  const format = coding.trim().toLowerCase()
  if (format === 'gzip' || format === 'deflate') return new DecompressionStream(format)
  throw new Failure(
    'unsupported_encoding',
    "The body's content coding is not gzip or deflate: send it plain or in one of these.",
  )
}

function left(cause: unknown): Failure {
  return new Failure('caller_left', 'The caller left before its request was whole.', { cause })
}

function undecodable(coding: string, cause: unknown): Failure {
  const message = `The body is not valid ${coding}: send what its Content-Encoding says.`
  return new Failure('invalid_request', message, { cause })
}

async function collect(stream: ReadableStream<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    length += read.value.byteLength
    if (length > limitBytes) {
      void reader.cancel()
      throw new Failure(
        'request_too_large',
        `The body is larger than ${Math.floor(limitBytes / 1e6)} MB: shorten it, or raise listen.max_body.`,
      )
    }
    chunks.push(read.value)
  }
  const whole = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}
