/** An answer that is there as a whole, told as a transport tells it. */
import type { AnswerReceiver, HeaderList } from '../transport.ts'

export class LocalAnswer {
  readonly #receiver: AnswerReceiver
  #isPaused = false
  #isOver = false

  constructor(receiver: AnswerReceiver) {
    this.#receiver = receiver
  }

  tell(status: number, headers: HeaderList, body: Uint8Array): void {
    if (this.#isOver) return
    this.#receiver.head(status, headers)
    if (this.#isOver) return
    this.#isPaused = body.byteLength > 0 && !this.#receiver.chunk(body)
    if (!this.#isPaused) this.#end()
  }

  abort(): void {
    this.#isOver = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#receiver.end()
  }
}
