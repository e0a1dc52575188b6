/** Decodes an answer that was compressed although we asked that it be not, within bounds. */

import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { type AnswerReceiver, type HeaderList, TransportError } from '../../providers/transport.ts'

/** Text compresses by ten, repetitive JSON by thirty; beyond a hundred it is a bomb. */
const MAX_RATIO = 100
const RATIO_COUNTS_FROM_BYTES = 1024 * 1024

interface Upstream {
  pause(): void
  resume(): void
  abort(): void
}

export class DecodingReceiver implements AnswerReceiver {
  readonly #receiver: AnswerReceiver
  readonly #upstream: Upstream
  readonly #decoder: Transform | undefined
  readonly #coding: string
  #bytesIn = 0
  #bytesOut = 0
  #over = false

  constructor(coding: string, receiver: AnswerReceiver, upstream: Upstream) {
    this.#coding = coding
    this.#receiver = receiver
    this.#upstream = upstream
    this.#decoder = decoderFor(coding)
    this.#decoder?.on('data', (bytes: Buffer) => this.#decoded(bytes))
    this.#decoder?.on('end', () => this.#finish(() => receiver.end()))
    this.#decoder?.on('error', (error) => this.#fail(`its ${coding} coding is broken`, error))
    this.#decoder?.on('drain', () => upstream.resume())
  }

  head(status: number, headers: HeaderList): void {
    const kept = headers.filter((_, index) => {
      const name = headers[index - (index % 2)]?.toLowerCase()
      return name !== 'content-encoding' && name !== 'content-length'
    })
    this.#receiver.head(status, kept)
    if (!this.#decoder) this.#fail(`it is coded as ${this.#coding}, which nobody asked for`)
  }

  chunk(bytes: Uint8Array): boolean {
    this.#bytesIn += bytes.byteLength
    return this.#over || this.#decoder?.write(bytes) !== false
  }

  end(): void {
    this.#decoder?.end()
  }

  error(error: TransportError): void {
    this.#finish(() => this.#receiver.error(error))
  }

  abort(): void {
    this.#over = true
    this.#decoder?.destroy()
  }

  /** Backpressure: a paused decoder stops taking chunks, which pauses the provider. */
  resume(): void {
    this.#decoder?.resume()
  }

  #decoded(bytes: Buffer): void {
    if (this.#over) return
    this.#bytesOut += bytes.byteLength
    if (this.#bytesOut > RATIO_COUNTS_FROM_BYTES && this.#bytesOut > this.#bytesIn * MAX_RATIO) {
      return this.#fail(`it grows by more than ${MAX_RATIO} times when decoded`)
    }
    if (!this.#receiver.chunk(bytes)) this.#decoder?.pause()
  }

  #fail(message: string, cause?: unknown): void {
    this.#finish(() => {
      this.#upstream.abort()
      this.#receiver.error(new TransportError('malformed', message, cause))
    })
  }

  #finish(tell: () => void): void {
    if (this.#over) return
    this.#over = true
    tell()
    this.#decoder?.destroy()
  }
}

function decoderFor(coding: string): Transform | undefined {
  switch (coding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      return undefined
  }
}
