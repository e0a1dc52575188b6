/** The network to a model server that trimtab starts: a request waits until the server is ready, then goes to its port. */
import type {
  AnswerReceiver,
  Call,
  HeaderList,
  OutboundRequest,
  Transport,
} from '../../providers/transport.ts'
import { TransportError } from '../../providers/transport.ts'

/** `refused`: it is not worth waiting for, in words that follow `could not be reached`. */
export type Readied = { kind: 'ready'; origin: string } | { kind: 'refused'; reason: string }

export interface StartedServer {
  /** Where it listens; undefined while it is not ready. */
  readonly origin: string | undefined
  /** Calls back once, later; the function returned takes that back. */
  whenReady(listener: (readied: Readied) => void): () => void
  /** Counts the calls under way: the server is not stopped before they end. */
  callBegan(): void
  callEnded(): void
}

export class CommandTransport implements Transport {
  readonly #network: Transport
  readonly #server: (origin: string) => StartedServer | undefined

  /** `server` is asked for each request, by the address that stands for it; undefined where it is configured no more. */
  constructor(network: Transport, server: (origin: string) => StartedServer | undefined) {
    this.#network = network
    this.#server = server
  }

  send(request: OutboundRequest, receiver: AnswerReceiver): Call {
    const call = new CommandCall(this.#network, request, receiver)
    const server = this.#server(request.origin)
    if (server === undefined) call.refuse('its command is configured no more')
    else call.start(server)
    return call
  }
}

class CommandCall implements Call, AnswerReceiver {
  readonly #network: Transport
  readonly #request: OutboundRequest
  readonly #receiver: AnswerReceiver
  #server: StartedServer | undefined
  #call: Call | undefined
  #stopWaiting: (() => void) | undefined
  #over = false

  constructor(network: Transport, request: OutboundRequest, receiver: AnswerReceiver) {
    this.#network = network
    this.#request = request
    this.#receiver = receiver
  }

  get sent(): boolean {
    return this.#call?.sent === true
  }

  start(server: StartedServer): void {
    this.#server = server
    server.callBegan()
    if (server.origin !== undefined) return this.#sendTo(server.origin)
    this.#stopWaiting = server.whenReady((readied) => {
      if (readied.kind === 'ready') this.#sendTo(readied.origin)
      else this.error(new TransportError('unreachable', readied.reason))
    })
  }

  /** Later, because nobody expects an answer before the call is in their hands. */
  refuse(reason: string): void {
    queueMicrotask(() => this.error(new TransportError('unreachable', reason)))
  }

  abort(): void {
    if (this.#over) return
    this.#finish()
    this.#stopWaiting?.()
    this.#call?.abort()
  }

  resume(): void {
    this.#call?.resume()
  }

  head(status: number, headers: HeaderList): void {
    this.#receiver.head(status, headers)
  }

  chunk(bytes: Uint8Array): boolean {
    return this.#receiver.chunk(bytes)
  }

  end(): void {
    this.#finish()
    this.#receiver.end()
  }

  error(error: TransportError): void {
    if (this.#over) return
    this.#finish()
    this.#receiver.error(error)
  }

  #sendTo(origin: string): void {
    const { method, path, headers, body, connectTimeoutMs, freshConnection = false } = this.#request
    const request = { method, origin, path, headers, body, connectTimeoutMs, freshConnection }
    this.#call = this.#network.send(request, this)
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#server?.callEnded()
  }
}
