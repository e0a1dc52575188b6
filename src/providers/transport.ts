/** The port through which dialects reach a provider over the network: callbacks, because a promise a chunk would cost more than the chunk. */

/** Names and values alternate, as Node's `rawHeaders`: order, case and repetition survive. */
export type HeaderList = readonly string[]

export interface OutboundRequest {
  method: 'GET' | 'POST' | 'DELETE'
  /** `https://host:port`, no path. */
  origin: string
  /** Path and query, starting with `/`. */
  path: string
  headers: HeaderList
  body: Uint8Array | null
  /** Time allowed for name resolution, TCP and TLS together. */
  connectTimeoutMs: number
  /** On a connection that has carried nothing yet, and will carry nothing else. */
  freshConnection?: boolean
}

export type TransportFault =
  /** No connection was made: refused, unresolvable or unreachable. The provider saw nothing. */
  | 'unreachable'
  | 'connect_timeout'
  /** The connection ended before the answer was whole. */
  | 'reset'
  /** The same, before the answer began, on a connection that had carried another: it may have died unused. */
  | 'stale'
  /** The answer broke HTTP's or our own bounds: header size, chunk framing, decompression ratio. */
  | 'malformed'

export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly fault: TransportFault

  constructor(fault: TransportFault, message: string, cause?: unknown) {
    super(message, { cause })
    this.fault = fault
  }
}

/**
 * What a transport tells about one answer, in this order: head, chunks, then end or error, each of the
 * last two at most once and nothing after it. After `abort()` nothing more is called.
 */
export interface AnswerReceiver {
  /** `headers` name no content coding: a transport hands on decoded bytes. */
  head(status: number, headers: HeaderList): void
  /** Returns false to pause the provider until `resume()`. */
  chunk(bytes: Uint8Array): boolean
  end(): void
  error(error: TransportError): void
}

export interface Call {
  /** Ends the exchange and its connection at once. */
  abort(): void
  resume(): void
  /** False where the provider cannot have seen anything of the request yet. */
  readonly sent: boolean
}

export interface Transport {
  /** Sends once: whoever sends again has a row in the ledger for it. */
  send(request: OutboundRequest, receiver: AnswerReceiver): Call
}

/** The first value of a header; `name` in lower case. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const candidate = headers[index]
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return headers[index + 1]
  }
  return undefined
}
