/** What of an answer has been said so far, as far as it can be judged; the first choice stands for all. */

export interface HeardCall {
  /** Of a tool. */
  name: string
  arguments: string
}

export interface HeardAnswer {
  text: string
  /** What the model, or a filter in its place, said instead of an answer. */
  refusal: string
  calls: readonly HeardCall[]
  /** Audio, images, searches: something to answer with that is neither text nor a call. */
  hasOther: boolean
  /** Undefined until it is told. */
  finishReason: string | undefined
  /** Of each token whose probability was told: how far it was ahead of the next likeliest, from 0 to 1. */
  margins: readonly number[]
}

/** Listens to the answer of one attempt. */
export interface Hearing {
  readonly heard: HeardAnswer
  /** One event of a stream, parsed. */
  event(event: Readonly<Record<string, unknown>>): void
  /** A whole answer, parsed. */
  answer(answer: Readonly<Record<string, unknown>>): void
}
