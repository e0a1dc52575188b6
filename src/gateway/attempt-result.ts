/** How one attempt ended. */
import type { Metered } from '../metering/meter.ts'
import type { Fault } from './fault.ts'
import type { Destination } from './outbound.ts'
import type { AnswerEnd } from './relays/relay.ts'

export type AttemptResult =
  | Extract<AnswerEnd, { kind: 'cut' }>
  | { kind: 'faulty'; fault: Fault; instead?: SecondBest | undefined }
  | { kind: 'departed' }
  | { kind: 'whole'; answered: Answered }

/** `lost`: of two attempts for one request the other one was first; `wasSent`: by then this one had left. */
export type RacedResult = AttemptResult | { kind: 'lost'; wasSent: boolean }

/** Who gave a whole answer, and what it took. */
export interface Answered {
  target: Destination
  contentType: string | undefined
  /** The provider's usage object, as it came. */
  usage: unknown
  metered: Metered
  /** It did not suffice: it is told because nothing better came, and nobody remembers it. */
  isSecondBest?: true
}

/** An answer that did not suffice, for whoever would otherwise get none. */
export interface SecondBest {
  tell(): void
  answered: Answered
}
