/** Answers go straight into Node's response. */
import type { ServerResponse } from 'node:http'
import type { AnswerSink } from '../../gateway/answer-sink.ts'
import type { HeaderList } from '../../providers/transport.ts'
import { chunkFrame, LAST_CHUNK } from './chunk-frame.ts'

export class ResponseSink implements AnswerSink {
  readonly #response: ServerResponse
  begun = false
  #failed = false
  /** Chunks are framed here: a third of what a stream of small ones costs is Node's way of framing them. */
  #frames = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  begin(status: number, headers: HeaderList): void {
    this.begun = true
    this.#response.writeHead(status, headers as string[])
    this.#frames = this.#response.chunkedEncoding
    this.#response.chunkedEncoding = false
  }

  write(bytes: Uint8Array): boolean {
    return this.#response.write(this.#frames && bytes.length > 0 ? chunkFrame(bytes) : bytes)
  }

  drained(resume: () => void): void {
    this.#response.once('drain', resume)
  }

  end(): void {
    this.#response.end(this.#frames ? LAST_CHUNK : undefined)
  }

  fail(): void {
    this.#failed = true
    this.#response.destroy()
  }

  departed(listener: () => void): void {
    const response = this.#response
    // A pipelined answer that awaits its turn has no socket yet, and so would not hear of its end.
    const waitsOn = response.socket === null ? response.req.socket : undefined
    if (response.destroyed || waitsOn?.destroyed) return this.#tellIfLeft(listener)
    const tell = (): void => {
      response.off('close', tell)
      waitsOn?.off('close', tell)
      this.#tellIfLeft(listener)
    }
    response.once('close', tell)
    waitsOn?.once('close', tell)
  }

  #tellIfLeft(listener: () => void): void {
    if (!this.#response.writableFinished && !this.#failed) listener()
  }
}
