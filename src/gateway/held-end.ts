/** Keeps back how an answer ends until it is released: the caller's next request then finds what this one left behind. */
import type { HeaderList } from '../providers/transport.ts'
import type { AnswerSink } from './answer-sink.ts'

/**
 * A stream runs on and ends late. Of other answers the last piece is kept back too, since a caller that knows their length
 * waits for nothing after it.
 */
export class HeldEnd implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #isStream: boolean
  #last: Uint8Array | undefined
  #ended = false
  #released = false

  constructor(sink: AnswerSink, isStream: boolean) {
    this.#sink = sink
    this.#isStream = isStream
  }

  get begun(): boolean {
    return this.#sink.begun
  }

  begin(status: number, headers: HeaderList): void {
    this.#sink.begin(status, headers)
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isStream || this.#released) return this.#sink.write(bytes)
    const before = this.#last
    this.#last = bytes
    return before === undefined || this.#sink.write(before)
  }

  drained(resume: () => void): void {
    this.#sink.drained(resume)
  }

  end(): void {
    this.#ended = true
    if (this.#released) this.#finish()
  }

  fail(): void {
    this.#sink.fail()
  }

  departed(listener: () => void): void {
    this.#sink.departed(listener)
  }

  /** Once; before it, nothing ends but what fails. */
  release(): void {
    if (this.#released) return
    this.#released = true
    if (this.#ended) this.#finish()
  }

  #finish(): void {
    if (this.#last !== undefined) this.#sink.write(this.#last)
    this.#last = undefined
    this.#sink.end()
  }
}
