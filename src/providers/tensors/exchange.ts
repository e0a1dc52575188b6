/** One call to a server of tensors, its answer held whole. */
import { type OutboundRequest, type Transport, TransportError } from '../transport.ts'
import { askWhole, type WholeAnswer, type WholeCall } from '../whole-answer.ts'
import type { TensorAnswer } from './dialect.ts'

/** A batch of embeddings as JSON is large; beyond this something else is wrong. */
const MOST_BYTES = 256 * 1024 * 1024

export interface Exchange {
  /** Rejects with a TransportError. */
  answer: Promise<TensorAnswer>
  /** Ends it: the answer is rejected. */
  abort(): void
  readonly sent: boolean
}

export function exchange(network: Transport, request: OutboundRequest): Exchange {
  return new Running(network, request)
}

class Running implements Exchange {
  readonly answer: Promise<TensorAnswer>
  readonly #network: Transport
  #call: WholeCall | undefined
  #hasSent = false
  #isAborted = false

  constructor(network: Transport, request: OutboundRequest) {
    this.#network = network
    this.answer = this.#ask(request)
  }

  abort(): void {
    this.#isAborted = true
    this.#call?.abort()
  }

  get sent(): boolean {
    return this.#hasSent || this.#call?.sent === true
  }

  async #ask(request: OutboundRequest): Promise<TensorAnswer> {
    const first = await this.#send(request)
    // A kept connection that died unused says nothing of the server.
    const isStale = first.kind === 'failed' && first.error.fault === 'stale'
    const answer =
      isStale && !this.#isAborted ? await this.#send({ ...request, freshConnection: true }) : first
    if (answer.kind === 'answered') return answer
    throw faultOf(answer)
  }

  async #send(request: OutboundRequest): Promise<WholeAnswer> {
    const call = askWhole(this.#network, request, { mostBytes: MOST_BYTES })
    this.#call = call
    const answer = await call.answer
    this.#hasSent ||= call.sent
    return answer
  }
}

function faultOf(answer: Exclude<WholeAnswer, { kind: 'answered' }>): TransportError {
  if (answer.kind === 'failed') return answer.error
  return answer.kind === 'endless'
    ? new TransportError('malformed', `its answer is larger than ${MOST_BYTES} bytes`)
    : new TransportError('reset', 'nobody waits for it any more')
}
