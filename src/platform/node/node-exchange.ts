/** An exchange on Node's own request and response: web streams here would cost twice the CPU of a paced stream. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { Exchange } from '../../http/exchange.ts'
import type { HeaderList } from '../../providers/transport.ts'
import { readRequestBody } from './request-body.ts'
import { ResponseSink } from './response-sink.ts'

/** For contexts that @hono/node-server made. */
export function openNodeExchange(context: Context): Exchange {
  const { incoming, outgoing } = context.env as HttpBindings
  return new NodeExchange(incoming as IncomingMessage, outgoing as ServerResponse)
}

class NodeExchange implements Exchange {
  readonly #incoming: IncomingMessage
  readonly sink: ResponseSink

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#incoming = incoming
    this.sink = new ResponseSink(outgoing)
  }

  get headers(): HeaderList {
    return this.#incoming.rawHeaders
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  get remoteIsLoopback(): boolean | undefined {
    const address = this.#incoming.socket.remoteAddress
    return address === undefined ? undefined : /^(127\.|::1$|::ffff:127\.)/.test(address)
  }

  body(limitBytes: number): Promise<Uint8Array> {
    return readRequestBody(this.#incoming, limitBytes)
  }

  holdUntil(): void {
    // Node's process outlives every request.
  }

  response(): Response {
    return RESPONSE_ALREADY_SENT
  }
}
