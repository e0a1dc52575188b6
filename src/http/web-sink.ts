/** Answers go into the body of a web Response. */
import type { AnswerSink } from '../gateway/answer-sink.ts'
import type { HeaderList } from '../providers/transport.ts'

/** Bytes waiting to be read before `write` asks the writer to pause. */
const HIGH_WATER_BYTES = 64 * 1024

export class WebSink implements AnswerSink {
  /** Resolves when `begin` is called. */
  readonly response: Promise<Response>
  begun = false
  #respond!: (response: Response) => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #ended = false
  #hasLeft = false
  #onDrain: (() => void) | undefined
  readonly #onLeave: (() => void)[] = []

  constructor(signal: AbortSignal | undefined) {
    this.response = new Promise((resolve) => {
      this.#respond = resolve
    })
    if (signal?.aborted) this.#leave()
    else signal?.addEventListener('abort', () => this.#leave())
  }

  begin(status: number, headers: HeaderList): void {
    if (this.begun) throw new Error('The answer has begun already')
    this.begun = true
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#drain(),
        cancel: () => this.#leave(),
      },
      { highWaterMark: HIGH_WATER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    )
    const pairs: [string, string][] = []
    for (let index = 0; index + 1 < headers.length; index += 2) {
      pairs.push([headers[index] as string, headers[index + 1] as string])
    }
    this.#respond(new Response(status === 204 || status === 304 ? null : body, { status, headers: pairs }))
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#hasLeft) return true
    this.#controller?.enqueue(bytes)
    return (this.#controller?.desiredSize ?? 1) > 0
  }

  drained(resume: () => void): void {
    if ((this.#controller?.desiredSize ?? 1) > 0) resume()
    else this.#onDrain = resume
  }

  end(): void {
    if (this.#ended || this.#hasLeft) return
    this.#ended = true
    this.#controller?.close()
  }

  fail(): void {
    if (this.#ended || this.#hasLeft) return
    this.#ended = true
    this.#controller?.error(new Error('The answer broke off before it was whole'))
  }

  departed(listener: () => void): void {
    if (this.#hasLeft) listener()
    else this.#onLeave.push(listener)
  }

  #drain(): void {
    const resume = this.#onDrain
    this.#onDrain = undefined
    resume?.()
  }

  #leave(): void {
    if (this.#ended || this.#hasLeft) return
    this.#hasLeft = true
    for (const listener of this.#onLeave) listener()
  }
}
