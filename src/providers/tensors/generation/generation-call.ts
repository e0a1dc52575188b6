/** One streamed answer of `/generate_stream`, told in chunks as they come. */
import { concatenate } from '../../../openai/concatenate.ts'
import { type AnswerReceiver, type Call, type HeaderList, TransportError } from '../../transport.ts'
import { LocalAnswer } from '../local-answer.ts'
import { refusalOf } from '../server.ts'
import { refuse } from '../task-call.ts'
import type { GeneratedStream } from './generated-stream.ts'

/** A refusal is no longer than a message. */
const MOST_REFUSAL_BYTES = 64 * 1024

export class GenerationReceiver implements AnswerReceiver {
  readonly #receiver: AnswerReceiver
  readonly #stream: GeneratedStream
  readonly #refusal: LocalAnswer
  #refused: { status: number; headers: HeaderList; chunks: Uint8Array[]; bytes: number } | undefined
  #isOver = false

  constructor(receiver: AnswerReceiver, stream: GeneratedStream) {
    this.#receiver = receiver
    this.#stream = stream
    this.#refusal = new LocalAnswer(receiver)
  }

  head(status: number, headers: HeaderList): void {
    if (status >= 200 && status < 300)
      return this.#receiver.head(200, ['content-type', 'text/event-stream; charset=utf-8'])
    this.#refused = { status, headers, chunks: [], bytes: 0 }
  }

  chunk(bytes: Uint8Array): boolean {
    const refused = this.#refused
    if (refused === undefined) return this.#pass(() => this.#stream.push(bytes))
    if (refused.bytes < MOST_REFUSAL_BYTES) refused.chunks.push(bytes)
    refused.bytes += bytes.byteLength
    return true
  }

  end(): void {
    const refused = this.#refused
    if (refused !== undefined)
      return refuse(this.#refusal, refusalOf(refused.status, refused.headers, concatenate(refused.chunks)))
    this.#pass(() => this.#stream.end())
    if (!this.#isOver) this.#receiver.end()
  }

  error(error: TransportError): void {
    this.#receiver.error(error)
  }

  #pass(read: () => Uint8Array): boolean {
    if (this.#isOver) return true
    let told: Uint8Array
    try {
      told = read()
    } catch (error) {
      this.#isOver = true
      this.#receiver.error(
        new TransportError('malformed', error instanceof Error ? error.message : '', error),
      )
      return true
    }
    return told.byteLength === 0 || this.#receiver.chunk(told)
  }
}

/** A call that is refused before it is sent. */
export function unsentCall(tell: (answer: LocalAnswer) => void, receiver: AnswerReceiver): Call {
  const answer = new LocalAnswer(receiver)
  queueMicrotask(() => tell(answer))
  return { sent: false, abort: () => answer.abort(), resume: () => answer.resume() }
}
