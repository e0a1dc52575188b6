/** Where an answer goes that nobody waits for: it is recorded on its way. */
import type { AnswerSink } from './answer-sink.ts'

export class UnheardSink implements AnswerSink {
  begun = false

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

  departed(): void {}
}
