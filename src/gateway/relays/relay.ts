/** The port between an attempt and the three ways of carrying its answer: a stream, a JSON body, a refusal. */
import type { Metered } from '../../metering/meter.ts'
import type { Units } from '../../metering/units.ts'
import type { AnswerText } from '../../openai/answer-text.ts'
import type { HeaderList } from '../../providers/transport.ts'
import type { AnswerSink } from '../answer-sink.ts'
import type { Fault } from '../fault.ts'

/** Takes the provider's bytes after its head. */
export interface Relay {
  /** Returns false to pause the provider. */
  chunk(bytes: Uint8Array): boolean
  end(): void
  /** The answer will not come to its end: the connection broke, or a deadline passed. */
  broke(fault: Fault): void
  /** What was seen of the answer so far, for settling one that the caller left. */
  seen(): AnswerSeen
}

export interface AnswerSeen {
  /** The provider's `usage` object, as it came. */
  usage: unknown
  outputCharacters: number
  /** What came that is billed by the piece, where there is no usage: seconds, images. */
  units?: Partial<Units> | undefined
  /** Of an answer whose text is kept, for a tokenizer to count where there is no usage. */
  text?: Kept | undefined
}

/** Bytes of an answer as they came: whole, or the first ones of a stream. */
export interface Kept {
  form: AnswerText['form']
  pieces: readonly Uint8Array[]
}

export type AnswerEnd =
  /** The caller has the whole answer. */
  | { kind: 'whole'; seen: AnswerSeen }
  /** The caller has a part of it, and was told so in the endpoint's own words. */
  | { kind: 'cut'; seen: AnswerSeen; fault: Fault }
  /** The caller has seen nothing: another target may still answer. */
  | { kind: 'faulty'; fault: Fault; spoken?: Spoken | undefined }

/** A whole answer that does not suffice. */
interface Spoken {
  seen: AnswerSeen
  /** Gives it to the caller all the same, where nobody had a better one. */
  tell(): void
}

/** What a relay may do to the world. */
export interface RelayHost {
  readonly provider: string
  readonly sink: AnswerSink
  /** Whether text is kept where there may be no usage. */
  readonly keepsText: boolean
  /** True where another target is left that the policy would move on to. */
  readonly mayMoveOn: (fault: Fault) => boolean
  /** Marks the first content of the answer and lifts the first-chunk deadline. */
  firstContent(): void
  /** Sends status and headers to the caller; fall-over ends here. */
  release(extraHeaders: HeaderList): void
  meter(seen: AnswerSeen): Metered
  /** Asks the provider for more, after `chunk` returned false. */
  resume(): void
  /** Exactly once; afterwards the relay ignores whatever else comes. */
  ended(end: AnswerEnd): void
}
