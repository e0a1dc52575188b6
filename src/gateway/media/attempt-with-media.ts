/** An attempt whose media may go by their names alone: where the replica does not have them, they are sent after all. */
import { attempt } from '../attempt.ts'
import type { RacedResult } from '../attempt-result.ts'
import type { Fault } from '../fault.ts'
import type { Journey } from '../journey.ts'
import type { Destination } from '../outbound.ts'

/** With which vLLM tells, by its version, that it does not have what it was named. */
const UNKNOWN_STATUSES: ReadonlySet<number> = new Set([400, 422, 500, 501])

/** As `attempt`. What is sent anew is no retry, and what was refused no fault of the replica's. */
export async function attemptWithMedia(
  journey: Journey,
  destination: Destination,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<RacedResult> {
  const result = await attempt(journey, destination, mayMoveOn)
  const { media: named } = destination
  if (named === undefined) return result
  const { keptMedia, elapsedMs } = journey.gateway
  if (isAnswered(result)) keptMedia.took(destination, named)
  if (!named.isWithheld || !mayBeUnknown(result) || journey.stop.reason !== undefined) return result
  keptMedia.forget(destination)
  const again = await attempt(journey, { ...destination, mediaGoWhole: true }, mayMoveOn)
  if (!isAnswered(again)) return again
  keptMedia.took(destination, { uuids: named.uuids, isWithheld: false })
  keptMedia.refused(destination, elapsedMs())
  return again
}

function isAnswered(result: RacedResult): boolean {
  if (result.kind !== 'faulty') return result.kind === 'whole' || result.kind === 'cut'
  return result.fault.kind === 'insufficient' || result.fault.kind === 'content_filter'
}

function mayBeUnknown(result: RacedResult): boolean {
  if (result.kind !== 'faulty') return false
  const { answer, contextWindow } = result.fault
  return !contextWindow && answer !== undefined && UNKNOWN_STATUSES.has(answer.status)
}
