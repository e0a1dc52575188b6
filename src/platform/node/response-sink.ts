/** Answers go straight into Node's response. */
import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import type { AnswerSink } from '../../gateway/answer-sink.ts'
import type { HeaderList } from '../../providers/transport.ts'
import { chunkFrame, LAST_CHUNK } from './chunk-frame.ts'
import { untilReadIsTaken } from './one-read.ts'

export class ResponseSink implements AnswerSink {
  readonly #response: ServerResponse
  begun = false
  #failed = false
  /** Chunks are framed here: a third of what a stream of small ones costs is Node's way of framing them. */
  #frames = false
  /** The head goes with the response's first bytes. */
  #headIsSent = false
  /** Chunks go straight to the response's socket then, which spares a tick and a copy of Node's bookkeeping for each. */
  #written: Writable

  constructor(response: ServerResponse) {
    this.#response = response
    this.#written = response
  }

  begin(status: number, headers: HeaderList): void {
    this.begun = true
    this.#response.writeHead(status, headers as string[])
    this.#frames = this.#response.chunkedEncoding
    this.#response.chunkedEncoding = false
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#frames || bytes.length === 0) return this.#response.write(bytes)
    const { socket } = this.#response
    // A response whose turn has not come has no socket, nor has one that its caller left.
    const isDirect = this.#headIsSent && socket !== null
    if (isDirect) untilReadIsTaken(socket)
    this.#headIsSent = socket !== null
    this.#written = isDirect ? socket : this.#response
    return this.#written.write(chunkFrame(bytes))
  }

  drained(resume: () => void): void {
    this.#written.once('drain', () => {
      // A socket drains also once its answer has ended.
      if (!this.#response.writableEnded) resume()
    })
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
