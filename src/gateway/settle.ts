/** Ends a journey: what the caller still has to be told, and what the ledger records of it. */
import { Failure } from '../errors.ts'
import type { Ending } from './dispatch.ts'
import { answerFailure, answerFaulty, asFailure } from './failure-answer.ts'
import { failureOf } from './fault.ts'
import type { Departure } from './journey.ts'

/** nginx's word for a caller that left before its answer; nobody reads it but the ledger. */
const CALLER_LEFT = 499

export function settle(journey: Departure, ending: Ending): void {
  switch (ending.kind) {
    case 'whole':
      return record(journey, 200, undefined)
    case 'cut':
      return record(journey, 200, failureOf(ending.fault, true).code)
    case 'departed':
      return record(journey, CALLER_LEFT, 'caller_left')
    case 'faulty': {
      const told = answerFaulty(journey.sink, journey.incoming.id, ending)
      return record(journey, told.status, told.error)
    }
  }
}

/** @throws what is not a Failure again, for the log, once the caller and the ledger know */
export function settleFailure(journey: Departure, error: unknown): void {
  const failure = asFailure(error, journey.incoming.id)
  answerFailure(journey.sink, journey.incoming.id, failure)
  record(journey, failure.status, failure.code)
  if (!(error instanceof Failure)) throw error
}

function record({ entry, gateway, startedMs }: Departure, status: number, error: string | undefined): void {
  entry.settle(status, error, gateway.elapsedMs() - startedMs)
}
