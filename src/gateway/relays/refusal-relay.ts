/** Collects the body of an answer that is not a 2xx, so that it can be classified and, where it is the last word, passed on. */

import { concatenate } from '../../openai/concatenate.ts'
import type { HeaderList } from '../../providers/transport.ts'
import { type Fault, faultOfAnswer } from '../fault.ts'
import type { AnswerSeen, Relay, RelayHost } from './relay.ts'

/** An error body longer than this is cut: it is a page, not a message. */
const MAX_BODY_BYTES = 1024 * 1024

export class RefusalRelay implements Relay {
  readonly #host: RelayHost
  readonly #status: number
  readonly #headers: HeaderList
  readonly #now: () => number
  #parts: Uint8Array[] = []
  #bytes = 0
  #over = false

  constructor(host: RelayHost, status: number, headers: HeaderList, now: () => number) {
    this.#host = host
    this.#status = status
    this.#headers = headers
    this.#now = now
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#over) return true
    this.#parts.push(bytes)
    this.#bytes += bytes.byteLength
    if (this.#bytes > MAX_BODY_BYTES) this.end()
    return true
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    const answer = { status: this.#status, headers: this.#headers, bytes: concatenate(this.#parts) }
    this.#host.ended({ kind: 'faulty', fault: faultOfAnswer(this.#host.provider, answer, this.#now()) })
  }

  /** The status is known, which says more than the break does. */
  broke(_fault: Fault): void {
    this.end()
  }

  seen(): AnswerSeen {
    return { usage: undefined, outputCharacters: 0 }
  }
}
