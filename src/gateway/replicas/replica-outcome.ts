/** What the end of an attempt tells of the replica that was asked. */
import type { ReplicaOutcome } from '../../routing/replica-breaker.ts'
import type { RacedResult } from '../attempt-result.ts'
import type { Fault } from '../fault.ts'
import type { Destination } from '../outbound.ts'

/** `undefined`: the attempt was never made. */
export function replicaOutcome(
  result: RacedResult | undefined,
  { replica }: Pick<Destination, 'replica'>,
): ReplicaOutcome {
  switch (result?.kind) {
    case undefined:
    case 'departed':
      return 'neutral'
    case 'lost':
      return 'late'
    case 'whole':
      return 'well'
    case 'cut':
      return 'bad'
    case 'faulty':
      return outcomeOfFault(result.fault, replica.credential.kind === 'client')
  }
}

/** It refused for its load, or could not do what it was asked: it is to be asked less at once. */
export function isOverload(result: RacedResult | undefined): boolean {
  if (result?.kind !== 'faulty') return false
  const { kind } = result.fault
  return kind === 'rate_limited' || kind === 'timeout' || kind === 'server_error' || kind === 'reset'
}

function outcomeOfFault({ kind }: Fault, callersKey: boolean): ReplicaOutcome {
  switch (kind) {
    case 'unreachable':
    case 'reset':
    case 'malformed':
    case 'timeout':
    case 'server_error':
      return 'bad'
    case 'authentication':
      // A key of ours that is refused is refused for all; a caller's own is that caller's.
      return callersKey ? 'neutral' : 'bad'
    case 'rate_limited': // it says itself how long it wants to be left alone
    case 'stale':
      return 'neutral'
    case 'rejected':
    case 'content_filter':
    case 'insufficient':
      return 'well'
  }
}
