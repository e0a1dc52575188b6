/**
 * Openings that the ledger refused. Where the policy lets such a request proceed, its settlement finds its opening
 * here, and both are written once the ledger can.
 */
import { forgetOldest } from '../forget-oldest.ts'
import type { AttemptOpened, AttemptSettled, RequestSettled } from '../metering/ledger.ts'
import type { LedgerWrite } from './ledger-statements.ts'

type Opening = Extract<LedgerWrite, { kind: 'request' | 'attempt' }>

/** A request that never comes back leaves its opening behind; beyond this many the oldest are forgotten. */
const MAX_OPENINGS = 10_000

export class UnwrittenOpenings {
  readonly #openings = new Map<string, Opening>()

  keep(opening: Opening): void {
    this.#openings.set(key(opening.attempt.requestId, opening.attempt.ordinal), opening)
    forgetOldest(this.#openings, MAX_OPENINGS)
  }

  /** The opening that an attempt's settlement needs before it. */
  takeFor(settled: AttemptSettled): Opening | undefined {
    return this.#take(settled.requestId, settled.ordinal)
  }

  /** A request that was refused instead of sent: its opening, which has no attempt worth a row. */
  takeUnsent(settled: RequestSettled): Extract<LedgerWrite, { kind: 'unsent' }> | undefined {
    const opening = this.#take(settled.id, 0)
    return opening?.kind === 'request' ? { kind: 'unsent', request: opening.request, settled } : undefined
  }

  forget(requestId: string): void {
    this.#take(requestId, 0)
  }

  #take(requestId: string, ordinal: AttemptOpened['ordinal']): Opening | undefined {
    // Nearly always empty: a request must not pay for its key then.
    if (this.#openings.size === 0) return undefined
    const name = key(requestId, ordinal)
    const opening = this.#openings.get(name)
    if (opening !== undefined) this.#openings.delete(name)
    return opening
  }
}

function key(requestId: string, ordinal: number): string {
  return `${requestId}/${ordinal}`
}
