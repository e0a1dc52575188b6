/** One call to a server of tensors, its answer held whole. */
import { concatenate } from '../../openai/concatenate.ts'
import {
  type Call,
  type HeaderList,
  type OutboundRequest,
  type Transport,
  TransportError,
} from '../transport.ts'
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
  const running = new Running(network, request)
  return running
}

class Running implements Exchange {
  readonly answer: Promise<TensorAnswer>
  readonly #network: Transport
  readonly #request: OutboundRequest
  #call: Call | undefined
  #isAborted = false
  #reject: (error: TransportError) => void = () => {}
  #hasSent = false

  constructor(network: Transport, request: OutboundRequest) {
    this.#network = network
    this.#request = request
    this.answer = this.#ask()
  }

  abort(): void {
    this.#isAborted = true
    this.#call?.abort()
    this.#reject(new TransportError('reset', 'nobody waits for it any more'))
  }

  get sent(): boolean {
    return this.#hasSent || this.#call?.sent === true
  }

  async #ask(): Promise<TensorAnswer> {
    try {
      return await this.#send(this.#request)
    } catch (error) {
      // A kept connection that died unused says nothing of the server.
      const isStale = error instanceof TransportError && error.fault === 'stale'
      if (!isStale || this.#isAborted) throw error
      return await this.#send({ ...this.#request, freshConnection: true })
    }
  }

  #send(request: OutboundRequest): Promise<TensorAnswer> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      const chunks: Uint8Array[] = []
      let bytes = 0
      let status = 0
      let headers: HeaderList = []
      this.#call = this.#network.send(request, {
        head: (told, sent) => {
          this.#hasSent = true
          status = told
          headers = sent
        },
        chunk: (chunk) => {
          chunks.push(chunk)
          bytes += chunk.byteLength
          if (bytes <= MOST_BYTES) return true
          this.#call?.abort()
          reject(new TransportError('malformed', `its answer is larger than ${MOST_BYTES} bytes`))
          return false
        },
        end: () => resolve({ status, headers, body: concatenate(chunks) }),
        error: (error) => {
          this.#hasSent ||= this.#call?.sent === true
          reject(error)
        },
      })
    })
  }
}
