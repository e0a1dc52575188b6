/** One caller of a joint call: what it asks for, and its end of the exchange, whoever carries that. */
import type { EmbeddingInput } from '../../cache/embedding-rows.ts'
import type {
  AnswerReceiver,
  Call,
  HeaderList,
  OutboundRequest,
  Transport,
  TransportError,
} from '../../providers/transport.ts'

export interface JoinedAsk {
  /** As it would be sent alone. */
  request: OutboundRequest
  inputs: readonly EmbeddingInput[]
  /** The inputs as they came, without the brackets of their list. */
  items: Uint8Array
  /** The body's text before its `input` and after it. */
  around: readonly [before: string, after: string]
  /** Told with how many others it is sent. */
  joined(others: number): void
}

export class JoinedCaller implements Call, AnswerReceiver {
  readonly asked: JoinedAsk
  hasLeft = false
  readonly #receiver: AnswerReceiver
  #carrier: Call | undefined
  #isAlone = false
  #leaving: (() => void) | undefined
  #ended: (() => void) | undefined

  constructor(asked: JoinedAsk, receiver: AnswerReceiver) {
    this.asked = asked
    this.#receiver = receiver
  }

  onLeaving(leaving: () => void): void {
    this.#leaving = leaving
  }

  carriedBy(call: Call): void {
    this.#carrier = call
  }

  /** By a call of its own. */
  sendBy(transport: Transport, ended: () => void): void {
    this.#isAlone = true
    this.#ended = ended
    this.#carrier = transport.send(this.asked.request, this)
  }

  abortCarrier(): void {
    this.#carrier?.abort()
  }

  // What the attempt asks for.

  get sent(): boolean {
    return this.#carrier?.sent ?? false
  }

  abort(): void {
    if (this.hasLeft) return
    this.hasLeft = true
    if (!this.#isAlone) return this.#leaving?.()
    this.abortCarrier()
    this.#over()
  }

  /** A joint answer is told at once. */
  resume(): void {
    if (this.#isAlone) this.#carrier?.resume()
  }

  // What a provider tells.

  head(status: number, headers: HeaderList): void {
    if (!this.hasLeft) this.#receiver.head(status, headers)
  }

  chunk(bytes: Uint8Array): boolean {
    return this.hasLeft || this.#receiver.chunk(bytes)
  }

  end(): void {
    if (!this.hasLeft) this.#receiver.end()
    this.#over()
  }

  error(error: TransportError): void {
    if (!this.hasLeft) this.#receiver.error(error)
    this.#over()
  }

  #over(): void {
    const ended = this.#ended
    this.#ended = undefined
    ended?.()
  }
}
