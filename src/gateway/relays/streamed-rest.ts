/** An answer that is too long to be held: passed on as it comes, its end kept to read usage from. */
import { concatenate } from '../../openai/concatenate.ts'
import { type AnswerTail, readAnswerTail } from '../../openai/read-answer-tail.ts'
import type { RelayHost } from './relay.ts'

/** Providers write `usage` last. */
const TAIL_BYTES = 4096

export class StreamedRest {
  readonly #host: RelayHost
  #tail: Uint8Array = new Uint8Array(0)
  passedBytes = 0

  constructor(host: RelayHost) {
    this.#host = host
  }

  get tail(): AnswerTail {
    return readAnswerTail(this.#tail)
  }

  /** False asks the provider to pause; the host is resumed once the caller has read. */
  pass(bytes: Uint8Array): boolean {
    const { sink } = this.#host
    this.passedBytes += bytes.byteLength
    this.#tail = concatenate([this.#tail, bytes.subarray(-TAIL_BYTES)]).slice(-TAIL_BYTES)
    const writable = sink.write(bytes)
    if (!writable) sink.drained(() => this.#host.resume())
    return writable
  }
}
