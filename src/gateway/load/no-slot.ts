/** What a request is told that got no slot: the queue is ours, so the provider is not blamed. */
import { Failure } from '../../errors.ts'
import type { Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import type { NoSlot } from './slot.ts'

/** The target has no room: another one that has may be asked, as nothing was sent. */
export class NoRoom extends Failure {}

/** Where too little is known of how fast the queue drains. */
const RETRY_QUEUE_SECONDS = 5

/**
 * `rate_limited` where its tenant has more waiting than its share, `overloaded` where all are too many.
 * The caller left where it was stopped by that.
 */
export function noSlot(why: NoSlot, { incoming }: Journey, { provider }: Target): Failure {
  const { name, maxInFlight, maxQueued, replicas } = provider
  const count = maxInFlight === undefined ? undefined : maxInFlight * replicas.length
  const slots =
    count === undefined
      ? `Provider ${name} is asked no more at once by the policy's limits.concurrency`
      : `${count === 1 ? 'The one slot' : `All ${count} slots`} of provider ${name} ${count === 1 ? 'is' : 'are'} taken`
  const remedy = maxInFlight === undefined ? 'repeat later' : 'repeat later, or raise its max_in_flight'
  const { retryAfterSeconds } = why
  if (why.kind === 'stopped') {
    const message = `${slots}, and none came free within the policy's limits.timeout: ${remedy}.`
    return new Failure('overloaded', message, { retryAfterSeconds: retryAfterSeconds ?? RETRY_QUEUE_SECONDS })
  }
  switch (why.kind) {
    case 'late':
      return overloaded(
        `${slots}, and too many wait for one to be answered within the policy's limits.timeout: ${remedy}.`,
        retryAfterSeconds,
      )
    case 'full':
      return overloaded(
        `${slots}, and ${maxQueued} requests wait for one: ${remedy} or max_queued.`,
        retryAfterSeconds,
      )
    case 'ending':
      // Another target would be no better: there is no time left to ask it.
      return new Failure(
        'overloaded',
        `This trimtab is being stopped, and no slot of provider ${name} came free before its end: repeat the request, which another instance or the next start answers.`,
        { retryAfterSeconds: RETRY_QUEUE_SECONDS },
      )
    case 'share': {
      const message = `${slots}, and tenant ${incoming.principal.tenant} has more than its share of the ${maxQueued} requests that may wait: repeat later.`
      return new NoRoom('rate_limited', message, {
        retryAfterSeconds: retryAfterSeconds ?? RETRY_QUEUE_SECONDS,
      })
    }
  }
}

function overloaded(message: string, retryAfterSeconds = RETRY_QUEUE_SECONDS): NoRoom {
  return new NoRoom('overloaded', message, { retryAfterSeconds })
}

/** Whichever of several targets has room first tells when to come again. */
export function soonest(refusals: readonly NoRoom[]): NoRoom | undefined {
  let first: NoRoom | undefined
  for (const it of refusals)
    if (first === undefined || (it.retryAfterSeconds ?? 0) < (first.retryAfterSeconds ?? 0)) first = it
  return first
}
