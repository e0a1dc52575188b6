/** One request to an endpoint that rows answer: asked, and told as OpenAI would. */
import type { AnswerReceiver, Call } from '../transport.ts'
import { TransportError } from '../transport.ts'
import { LocalAnswer } from './local-answer.ts'
import { Refused } from './refused.ts'
import { answeredBy } from './server.ts'
import type { Told } from './task.ts'

/** Something that ends with an answer. */
export interface Work {
  told: Promise<Told>
  leave(): void
  readonly sent: boolean
}

export class TaskCall implements Call {
  readonly #receiver: AnswerReceiver
  readonly #answer: LocalAnswer
  #work: Work | undefined
  #isOver = false

  constructor(receiver: AnswerReceiver) {
    this.#receiver = receiver
    this.#answer = new LocalAnswer(receiver)
  }

  /** Later, because nobody expects an answer before the call is in their hands. */
  async start(begin: () => Work): Promise<void> {
    await undefined
    if (this.#isOver) return
    try {
      this.#work = begin()
      const { contentType, body } = await this.#work.told
      this.#answer.tell(200, ['content-type', contentType], body)
    } catch (error) {
      if (!this.#isOver) this.#failed(error)
    }
  }

  get sent(): boolean {
    return this.#work?.sent === true
  }

  abort(): void {
    this.#isOver = true
    this.#answer.abort()
    this.#work?.leave()
  }

  resume(): void {
    this.#answer.resume()
  }

  #failed(error: unknown): void {
    if (error instanceof Refused) return refuse(this.#answer, error)
    this.#receiver.error(
      error instanceof TransportError
        ? error
        : new TransportError('malformed', error instanceof Error ? error.message : String(error), error),
    )
  }
}

export function refuse(answer: LocalAnswer, refused: Refused): void {
  const { status, retryAfter } = refused
  const wait = retryAfter === undefined ? [] : ['retry-after', retryAfter]
  answer.tell(status, ['content-type', 'application/json', ...wait], refused.body())
}

/** What a task tells of its rows. @throws Refused, TransportError */
export function toldBy(tell: () => Told): Told {
  return answeredBy(tell)
}
