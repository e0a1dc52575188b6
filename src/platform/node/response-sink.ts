/** Answers go straight into Node's response. */
import type { ServerResponse } from 'node:http'
import type { AnswerSink } from '../../gateway/answer-sink.ts'
import type { HeaderList } from '../../providers/transport.ts'

export class ResponseSink implements AnswerSink {
  readonly #response: ServerResponse
  begun = false
  #failed = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  begin(status: number, headers: HeaderList): void {
    this.begun = true
    this.#response.writeHead(status, headers as string[])
  }

  write(bytes: Uint8Array): boolean {
    return this.#response.write(bytes)
  }

  drained(resume: () => void): void {
    this.#response.once('drain', resume)
  }

  end(): void {
    this.#response.end()
  }

  fail(): void {
    this.#failed = true
    this.#response.destroy()
  }

  departed(listener: () => void): void {
    const response = this.#response
    if (response.destroyed) return this.#tellIfLeft(listener)
    response.once('close', () => this.#tellIfLeft(listener))
  }

  #tellIfLeft(listener: () => void): void {
    if (!this.#response.writableFinished && !this.#failed) listener()
  }
}
