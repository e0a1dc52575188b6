/** Where an answer goes that nobody waits for: it is recorded on its way. */
import type { AnswerSink } from './answer-sink.ts'

export class UnheardSink implements AnswerSink {
  begun = false
  readonly #onDeparture: (() => void)[] = []
  #left = false

  begin(): void {
    this.begun = true
  }

  write(): boolean {
    return true
  }

  drained(resume: () => void): void {
    resume()
  }

  end(): void {}

  fail(): void {}

  departed(listener: () => void): void {
    if (this.#left) listener()
    else this.#onDeparture.push(listener)
  }

  /** Gives the answer up, as a caller does that hangs up. */
  leave(): void {
    this.#left = true
    for (const listener of this.#onDeparture.splice(0)) listener()
  }
}
