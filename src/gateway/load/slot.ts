/** What a request gets where it asks for a slot. */
import type { Lane, Provider, Replica } from '../../providers/provider.ts'
import type { Asked } from '../../routing/replica-health.ts'
import type { Claim } from './claim.ts'

/** A replica with a slot on it, to be given back with `release`. */
export interface TakenSlot {
  kind: 'taken'
  replica: Replica
  waitedMs: number
  provider: Provider
  lane: Lane
  /** Undefined where the policy leaves concurrency alone. */
  concurrency: Claim['concurrency']
  /** Requests under way to the replica, this one included. */
  inFlightThen: number
  /** What health is told of it. */
  asked: Asked
}

/**
 * Why there is no slot. `full`: too many wait. `share`: so many of its own tenant that others have its place. `late`: it would
 * not be answered in time, or has waited in vain that long. `ending`: this process stops before one came free.
 */
export type Refusal = 'full' | 'share' | 'late' | 'ending'

export type NoSlot =
  | { kind: Refusal; retryAfterSeconds: number | undefined }
  | { kind: 'stopped'; retryAfterSeconds: number | undefined }

export type Slot = TakenSlot | NoSlot
