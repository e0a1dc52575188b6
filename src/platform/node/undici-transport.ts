/** The network on Node: one pool of keep-alive connections an origin, answers decoded, a dead pooled socket told apart. */
import { type Client, type Dispatcher, errors, Pool } from 'undici'
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
import {
  type Carried,
  type ConnectionHistory,
  ProviderConnection,
  timedConnector,
} from './provider-connection.ts'

/** Longer than most servers keep an idle connection, whose own `Keep-Alive: timeout` is obeyed where it is shorter. */
const KEEP_ALIVE_MS = 15_000
/** From here on those without a connection are let go. */
const MOST_IDLE_POOLS = 256
const MAX_HEADER_BYTES = 64 * 1024

export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, Pool>()

  send(request: OutboundRequest, receiver: AnswerReceiver): Call {
    const exchange = new Exchange(request, receiver)
    exchange.start(this.#pool(request))
    return exchange
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
  }

  #pool({ origin, connectTimeoutMs, freshConnection = false }: OutboundRequest): Pool {
    const key = `${origin} ${connectTimeoutMs} ${freshConnection}`
    const known = this.#pools.get(key)
    if (known) return known
    if (this.#pools.size >= MOST_IDLE_POOLS) this.#forgetIdle()
    const pool = new Pool(origin, {
      factory: (address, options) => new ProviderConnection(address, options as Client.Options),
      connect: timedConnector(connectTimeoutMs),
      // Without pipelining undici keeps no connection.
      pipelining: freshConnection ? 0 : 1,
      // The journey has deadlines of its own; two clocks would contradict each other.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    this.#pools.set(key, pool)
    return pool
  }

  /** Of servers that came and went: those that have no connection any more. */
  #forgetIdle(): void {
    for (const [key, pool] of this.#pools) {
      const { connected, size } = pool.stats
      if (connected > 0 || size > 0) continue
      this.#pools.delete(key)
      void pool.close()
    }
  }
}

class Exchange implements Call, Carried, Dispatcher.DispatchHandler {
  sent = false
  carrier: ConnectionHistory | undefined
  readonly #request: OutboundRequest
  #receiver: AnswerReceiver
  #controller: Dispatcher.DispatchController | undefined
  #headSeen = false
  #aborted = false

  constructor(request: OutboundRequest, receiver: AnswerReceiver) {
    this.#request = request
    this.#receiver = receiver
  }

  start(pool: Pool): void {
    const { method, path, body, headers, origin } = this.#request
    const options = { method, path, body, headers: headers as string[], origin, carried: this }
    pool.dispatch(options, this)
  }

  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    if (this.#receiver instanceof DecodingReceiver) this.#receiver.abort()
    this.#controller?.abort(new Error('The caller or a deadline ended the exchange'))
  }

  resume(): void {
    if (this.#receiver instanceof DecodingReceiver) this.#receiver.resume()
    // A caller may drain while a chunk of another's answer is written, and undici reads one answer at a time.
    else process.nextTick(() => this.#controller?.resume())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted) controller.abort(new Error('Aborted before it was sent'))
    else this.sent = true
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
    // Nothing comes where undici goes on after a pause: a receiver that paused at it would never hear of the end.
    if (chunk.length > 0 && !this.#aborted && !this.#receiver.chunk(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.carrier) this.carrier.answers++
    this.#controller = undefined
    if (!this.#aborted) this.#receiver.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined
    if (this.#aborted) return
    const { fault, message } = transportError(error)
    this.#receiver.error(new TransportError(fault === 'reset' ? this.#kindOfReset() : fault, message, error))
  }

  #kindOfReset(): TransportFault {
    if (!this.sent) return 'unreachable' // TLS broke off
    return !this.#headSeen && (this.carrier?.answers ?? 0) > 0 ? 'stale' : 'reset'
  }
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

function transportError(error: Error & { code?: string }): { fault: TransportFault; message: string } {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code: string = first?.code ?? error.code ?? ''
  const { message } = error
  const known = FAULTS[code]
  if (known) return { fault: known, message: code }
  if (error instanceof errors.HTTPParserError) return { fault: 'malformed', message }
  return { fault: /CERT|TLS|SSL/.test(code) ? 'unreachable' : 'reset', message }
}

function headerTexts(raw: Dispatcher.DispatchController['rawHeaders']): HeaderList {
  if (!Array.isArray(raw)) return []
  return raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
}
