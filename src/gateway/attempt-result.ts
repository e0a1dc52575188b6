/** How one attempt ended. */
import type { Metered } from '../metering/meter.ts'
import type { Target } from './outbound.ts'
import type { AnswerEnd } from './relay.ts'

export type AttemptResult =
  | Exclude<AnswerEnd, { kind: 'whole' }>
  | { kind: 'departed' }
  | { kind: 'whole'; answered: Answered }

/** Who gave a whole answer, and what it took. */
export interface Answered {
  target: Target
  contentType: string | undefined
  /** The provider's usage object, as it came. */
  usage: unknown
  metered: Metered
}
