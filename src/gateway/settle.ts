/** Ends a journey: what the caller still has to be told, and what the ledger records of it. */
import { Failure } from '../errors.ts'
import type { Answered } from './attempt-result.ts'
import { baselineOf } from './baseline.ts'
import type { Ending } from './dispatch.ts'
import type { DocumentsAnswer } from './documents/documents-answer.ts'
import type { Entry } from './entry.ts'
import { type Asked, answerFailure, answerFaulty, asFailure } from './failure-answer.ts'
import { failureOf } from './fault.ts'
import type { Departure, Journey, Passing } from './journey.ts'
import type { Conclusion } from './memory/twins.ts'
import type { RequestError } from './observer.ts'
import type { Recalled } from './recall.ts'

/** What became of the request, as its caller sees it. */
interface Told {
  status: number
  error: RequestError | undefined
}

/** nginx's word for a caller that left before its answer; nobody reads it but the ledger. */
const LEFT: Told = { status: 499, error: 'caller_left' }

export function settle(journey: Journey, ending: Ending): void {
  const told = tell(journey, ending)
  const answered = ending.kind === 'whole' ? ending.answered : undefined
  const { entry } = journey
  // Without memory there would be no audit.
  if (entry.cache === 'audit') entry.baselineNanoUsd = 0
  // Of an answer that was paid for besides a better one that never came, nothing is claimed.
  else if (answered !== undefined && answered.isSecondBest !== true) {
    const { nanoUsd, savings } = baselineOf(journey, answered.target, answered.metered)
    entry.baselineNanoUsd = nanoUsd
    entry.savings = savings
  }
  if (answered !== undefined && answered.isSecondBest !== true) journey.passage.keep(answered)
  record(journey, journey.passage.callerLeft() ? LEFT : told)
  journey.passage.conclude(conclusionOf(entry, told, answered))
}

/** Those who shared the answer wait for its count, where its provider told none: what they save is what it cost. */
function conclusionOf(
  { answerCounted }: Entry,
  told: Told,
  answered: Answered | undefined,
): Conclusion | Promise<Conclusion> {
  const { status, error } = told
  const estimated: Conclusion = { status, error, costNanoUsd: answered?.metered.costNanoUsd }
  if (answered === undefined || answerCounted === undefined) return estimated
  return answerCounted.then((counted) =>
    counted === undefined ? estimated : { status, error, costNanoUsd: counted.costNanoUsd },
  )
}

/** An answer that no provider was asked for again. */
export function settleRecalled(journey: Departure, recalled: Exclude<Recalled, { kind: 'ask' }>): void {
  const { entry } = journey
  if (recalled.kind === 'remembered') {
    entry.cache = recalled.by
    entry.baselineNanoUsd = recalled.savedNanoUsd
    return record(journey, { status: 200, error: undefined })
  }
  entry.cache = 'coalesced'
  if (recalled.leader === undefined) return record(journey, LEFT)
  const { status, error, costNanoUsd } = recalled.leader
  if (error === undefined) entry.baselineNanoUsd = costNanoUsd
  record(journey, { status, error })
}

/** @param worthNanoUsd what a model would have cost; undefined where that is not known */
export function settleConsulted(
  journey: Passing,
  answer: Pick<DocumentsAnswer, 'tier' | 'costNanoUsd'>,
  worthNanoUsd: number | undefined,
): void {
  const { entry, passage } = journey
  entry.cache = 'knowledge'
  entry.tier = answer.tier
  entry.baselineNanoUsd = worthNanoUsd
  const told: Told = { status: 200, error: undefined }
  record(journey, passage.callerLeft() ? LEFT : told)
  passage.conclude({ ...told, costNanoUsd: answer.costNanoUsd })
}

/** @throws what is not a Failure again, for the log, once the caller and the ledger know */
export function settleFailure(journey: Departure | Passing, error: unknown): void {
  const failure = asFailure(error, journey.incoming.id)
  answerFailure(journey.sink, askedBy(journey), failure)
  const told: Told = { status: failure.status, error: failure.code }
  record(journey, told)
  if ('passage' in journey) journey.passage.conclude({ ...told, costNanoUsd: undefined })
  if (!(error instanceof Failure)) throw error
}

/** Tells the caller what it was not told yet. */
function tell(journey: Departure, ending: Ending): Told {
  switch (ending.kind) {
    case 'whole':
      return { status: 200, error: undefined }
    case 'cut':
      return { status: 200, error: failureOf(ending.fault, true).code }
    case 'departed':
      return LEFT
    case 'faulty':
      return answerFaulty(journey.sink, askedBy(journey), ending)
  }
}

function askedBy({ incoming }: Departure): Asked {
  return { id: incoming.id, endpoint: incoming.request.endpoint }
}

function record({ entry, gateway, startedMs }: Departure, { status, error }: Told): void {
  entry.settle(status, error, gateway.elapsedMs() - startedMs)
}
