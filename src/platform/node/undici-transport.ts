/** The network on Node: one pool of keep-alive connections an origin, answers decoded, a dead pooled socket tried again once. */
import { buildConnector, type Dispatcher, Pool } from 'undici'
import type {
  AnswerReceiver,
  Call,
  HeaderList,
  OutboundRequest,
  Transport,
  TransportFault,
} from '../../providers/transport.ts'
import { headerValue, TransportError } from '../../providers/transport.ts'
import { DecodingReceiver } from './decoding-receiver.ts'

/** Longer than most servers keep an idle connection, whose own `Keep-Alive: timeout` is obeyed where it is shorter. */
const KEEP_ALIVE_MS = 15_000
const MAX_HEADER_BYTES = 64 * 1024

export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, Pool>()

  send(request: OutboundRequest, receiver: AnswerReceiver): Call {
    const exchange = new Exchange(request, receiver, (fresh) => this.#pool(request, fresh))
    exchange.start(false)
    return exchange
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
  }

  /** `fresh`: a pool that keeps no connection, for a second try that must not meet another dead socket. */
  #pool({ origin, connectTimeoutMs }: OutboundRequest, fresh: boolean): Pool {
    const key = `${origin} ${connectTimeoutMs} ${fresh}`
    const known = this.#pools.get(key)
    if (known) return known
    const pool = new Pool(origin, {
      connect: markingConnector(connectTimeoutMs),
      pipelining: fresh ? 0 : 1,
      // The journey has deadlines of its own; two clocks would contradict each other.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    this.#pools.set(key, pool)
    return pool
  }
}

class Exchange implements Call, Dispatcher.DispatchHandler {
  readonly #request: OutboundRequest
  readonly #poolFor: (fresh: boolean) => Pool
  #receiver: AnswerReceiver
  #controller: Dispatcher.DispatchController | undefined
  #fresh = false
  #headSeen = false
  #aborted = false

  constructor(request: OutboundRequest, receiver: AnswerReceiver, poolFor: (fresh: boolean) => Pool) {
    this.#request = request
    this.#receiver = receiver
    this.#poolFor = poolFor
  }

  start(fresh: boolean): void {
    this.#fresh = fresh
    const { method, path, body, headers } = this.#request
    this.#poolFor(fresh).dispatch(
      { method, path, body, headers: headers as string[], origin: this.#request.origin },
      this,
    )
  }

  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    if (this.#receiver instanceof DecodingReceiver) this.#receiver.abort()
    this.#controller?.abort(new Error('The caller or a deadline ended the exchange'))
  }

  resume(): void {
    if (this.#receiver instanceof DecodingReceiver) this.#receiver.resume()
    else this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted) controller.abort(new Error('Aborted before it was sent'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#aborted || status < 200) return
    this.#headSeen = true
    const headers = headerTexts(controller.rawHeaders)
    const coding = headerValue(headers, 'content-encoding')
    if (coding !== undefined && coding !== 'identity') {
      this.#receiver = new DecodingReceiver(coding, this.#receiver, {
        pause: () => controller.pause(),
        resume: () => controller.resume(),
        abort: () => this.abort(),
      })
    }
    this.#receiver.head(status, headers)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#aborted && !this.#receiver.chunk(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    if (!this.#aborted) this.#receiver.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#aborted) return
    if (!this.#headSeen && !this.#fresh && diedUnused(error)) return this.start(true)
    this.#receiver.error(transportError(error))
  }
}

const REUSED = Symbol('the socket had carried an answer before')

/** Marks the errors of sockets that had carried an answer before: such a socket may have died while nobody used it. */
function markingConnector(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false })
  return (options, callback) =>
    connect(options, (...[error, socket]: Parameters<typeof callback>) => {
      if (error || !socket) return callback(error as Error, null)
      socket.prependListener('error', (cause) => Object.assign(cause, { [REUSED]: socket.bytesRead > 0 }))
      callback(null, socket)
    })
}

function diedUnused(error: Error & { [REUSED]?: boolean; socket?: { bytesRead?: number } }): boolean {
  return error[REUSED] === true || (error.socket?.bytesRead ?? 0) > 0
}

const FAULTS: Readonly<Record<string, TransportFault>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ETIMEDOUT: 'connect_timeout',
  ECONNREFUSED: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_RESPONSE_EXCEEDED_MAX_SIZE: 'malformed',
}

function transportError(error: Error & { code?: string }): TransportError {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code: string = first?.code ?? error.code ?? ''
  const known = FAULTS[code]
  if (known) return new TransportError(known, code, error)
  if (code.startsWith('HPE_')) return new TransportError('malformed', error.message, error)
  if (/CERT|TLS|SSL/.test(code)) return new TransportError('unreachable', error.message, error)
  return new TransportError('reset', error.message, error)
}

function headerTexts(raw: Dispatcher.DispatchController['rawHeaders']): HeaderList {
  if (!Array.isArray(raw)) return []
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
}
