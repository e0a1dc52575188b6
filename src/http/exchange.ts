/** One HTTP exchange as the endpoints see it, whatever serves it: Node's sockets, or web streams. */
import type { Context } from 'hono'
import type { AnswerSink } from '../gateway/answer-sink.ts'
import type { HeaderList } from '../providers/transport.ts'

export interface Exchange {
  /** The caller's headers as they came: names and values alternate. */
  readonly headers: HeaderList
  /** By lower-case name; undefined where it was not sent. */
  header(name: string): string | undefined
  /** Undefined where the platform cannot tell. */
  readonly remoteIsLoopback: boolean | undefined
  /**
   * The body with its content coding undone.
   * @throws Failure `request_too_large`, `unsupported_encoding`, `invalid_request`
   */
  body(limitBytes: number): Promise<Uint8Array>
  readonly sink: AnswerSink
  /** Keeps the runtime from letting go of the request before this work has ended: what is settled comes after the answer. */
  holdUntil(work: Promise<void>): void
  /** What a Hono handler returns while the answer goes through the sink. */
  response(): Response | Promise<Response>
}

export type OpenExchange = (context: Context) => Exchange
