/** Goes through the plan's targets until one answers: retries on a target first, then the next target the policy allows. */
import { Failure } from '../errors.ts'
import { type Provider, type Replica, sendsCallersKey } from '../providers/provider.ts'
import { attempt } from './attempt.ts'
import type { Answered, AttemptResult, SecondBest } from './attempt-result.ts'
import { chooseReplica } from './choose-replica.ts'
import { Course } from './course.ts'
import { type Fault, isPassing } from './fault.ts'
import { targetName } from './headers.ts'
import type { Gateway, Journey } from './journey.ts'
import type { Destination, Target } from './outbound.ts'
import { isRepeatable } from './passed-outbound.ts'
import { sleep } from './stop.ts'

/** A provider that asks for a longer pause than this is left alone, and its wish handed to the caller. */
const LONGEST_WAIT_MS = 10_000
const FIRST_BACKOFF_MS = 500
const RETRY_QUEUE_SECONDS = 5
const UNCONNECTED_PAUSE_MS = 5_000
const LONGEST_BACKOFF_MS = 8_000

/** Faults of the one that was asked, whatever it was asked. */
const BROKEN: ReadonlySet<Fault['kind']> = new Set([
  'unreachable',
  'reset',
  'malformed',
  'timeout',
  'server_error',
])

export type Ending =
  | { kind: 'whole'; answered: Answered }
  | { kind: 'cut'; fault: Fault }
  | { kind: 'departed' }
  | { kind: 'faulty'; fault: Fault; target: Target; retried: boolean }

/** What one target came to. */
interface Tried {
  result: AttemptResult
  retries: number
}

/** @throws Failure `ledger_unavailable`, `overloaded` */
export async function dispatch(journey: Journey, targets: readonly Target[]): Promise<Ending> {
  const usable = inOrderOfHealth(journey.gateway, withoutStrangers(targets))
  const course = new Course(journey, usable)
  let retried = false
  let instead: SecondBest | undefined
  for (let index = 0; ; ) {
    const target = usable[index] as Target // a plan has at least one target
    const mayMoveOn = (it: Fault): boolean => course.after(index, it) !== undefined
    let tried: Tried
    try {
      tried = await tryTarget(journey, target, mayMoveOn)
    } catch (error) {
      if (instead === undefined || !(error instanceof Failure)) throw error
      return secondBest(journey, instead)
    }
    const { result } = tried
    retried ||= tried.retries > 0
    if (result.kind !== 'faulty') return result
    instead = result.instead ?? instead
    const next = course.after(index, result.fault)
    if (next === undefined)
      return instead === undefined
        ? { kind: 'faulty', fault: result.fault, target, retried }
        : secondBest(journey, instead)
    if (result.fault.kind === 'insufficient') course.escalated(index)
    index = next
  }
}

/** Better than none: it did not suffice, and nobody had another one. */
function secondBest({ entry }: Journey, { tell, answered }: SecondBest): Ending & { kind: 'whole' } {
  const { reasons } = entry.decision
  entry.decision.reasons = [...reasons, `${targetName(answered.target)} is told for want of a better answer.`]
  tell()
  return { kind: 'whole', answered: { ...answered, isSecondBest: true } }
}

/** One target, with as many retries as policy, budget, deadline and the provider's own wish allow. */
async function tryTarget(
  journey: Journey,
  target: Target,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<Tried> {
  const { gateway, policy, stop, startedMs } = journey
  gateway.retryBudget.deposit(target.provider.name)
  const triedReplicas = new Set<string>()
  for (let retries = 0; ; ) {
    const result = await tryReplica(journey, target, triedReplicas, mayMoveOn)
    if (result.kind !== 'faulty' || stop.reason !== undefined) return { result, retries }
    // Nothing was sent, so that asking another replica repeats nothing.
    if (result.fault.unconnected && triedReplicas.size < target.provider.replicas.length) continue
    const waitMs = retryDelayMs(result.fault, retries, gateway.random())
    const isWorthIt =
      retries < policy.limits.retries &&
      isPassing(result.fault) &&
      (isRepeatable(journey.incoming.request) || wasRefused(result.fault)) &&
      waitMs <= LONGEST_WAIT_MS &&
      // What comes after the deadline is not worth waiting for.
      waitMs < startedMs + policy.limits.timeoutMs - gateway.elapsedMs() &&
      // Someone else can answer now: waiting for a provider that asked for a pause helps nobody.
      !(result.fault.kind === 'rate_limited' && mayMoveOn(result.fault))
    if (!isWorthIt || !gateway.retryBudget.withdraw(target.provider.name)) return { result, retries }
    await sleep(waitMs, stop)
    retries++
    if (stop.reason === 'departed') return { result: { kind: 'departed' }, retries }
    if (stop.reason !== undefined) return { result, retries }
  }
}

async function tryReplica(
  journey: Journey,
  target: Target,
  tried: Set<string>,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<AttemptResult> {
  const { gateway, stop } = journey
  const { slots, health } = gateway
  const chosen = chooseReplica(journey, target, tried)
  const taken = slots.take(target.provider, chosen.replica, stop)
  const slot = taken instanceof Promise ? await taken : taken
  if (slot.kind !== 'taken') return withoutSlot(slot.kind, journey, target)
  const { replica, waitedMs } = slot
  tried.add(replica.id)
  const sending = chosen.sent?.(replica)
  let failed = false
  try {
    // What must not be sent twice has a connection that cannot turn out to have been dead.
    const freshConnection = !isRepeatable(journey.incoming.request)
    const result = await askReplica(
      journey,
      destinationAt(target, replica, { freshConnection, waitedMs, sending }),
      mayMoveOn,
    )
    failed = result.kind === 'faulty' && isOfReplica(result.fault)
    if (result.kind === 'whole' || isAnswer(result)) health.recovered(replica.id)
    else if (result.kind === 'faulty') {
      const pauseMs = pauseAfter(result.fault, target.provider)
      if (pauseMs !== undefined) health.coolDown(replica.id, gateway.elapsedMs() + pauseMs)
    }
    return result
  } finally {
    sending?.ended(failed)
    slots.release(target.provider.name, replica)
  }
}

/** Spelled out: a spread of this size costs more than a step of the journey. */
function destinationAt(
  { provider, model, tier, named, conversion, translation, nestedNames }: Target,
  replica: Replica,
  { freshConnection, waitedMs, sending }: Pick<Destination, 'freshConnection' | 'waitedMs' | 'sending'>,
): Destination {
  return {
    provider,
    model,
    tier,
    named,
    conversion,
    translation,
    nestedNames,
    replica,
    freshConnection,
    waitedMs,
    sending,
  }
}

/** A kept connection that was dead already is no word of the provider's: one more attempt, on a fresh one. */
async function askReplica(
  journey: Journey,
  destination: Destination,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<AttemptResult> {
  const result = await attempt(journey, destination, mayMoveOn)
  const isStale = result.kind === 'faulty' && result.fault.kind === 'stale'
  if (!isStale || journey.stop.reason !== undefined) return result
  return attempt(journey, { ...destination, freshConnection: true }, mayMoveOn)
}

/** @throws Failure `overloaded` unless the caller left: the queue is ours, so the provider is not blamed */
function withoutSlot(why: 'full' | 'stopped', { stop }: Journey, { provider }: Target): AttemptResult {
  if (stop.reason === 'departed') return { kind: 'departed' }
  const { name, maxInFlight = 0, maxQueued, replicas } = provider
  const slots = `All ${maxInFlight * replicas.length} slots of provider ${name} are taken`
  throw new Failure(
    'overloaded',
    why === 'full'
      ? `${slots}, and ${maxQueued} requests wait for one: repeat later, or raise its max_in_flight or max_queued.`
      : `${slots}, and none came free within the policy's limits.timeout: repeat later, or raise its max_in_flight.`,
    { retryAfterSeconds: RETRY_QUEUE_SECONDS },
  )
}

/** The caller's own key is meant for one provider: another that would also be sent it is left out. */
export function withoutStrangers(targets: readonly Target[]): readonly Target[] {
  const first = targets[0]?.provider.name
  return targets.filter(({ provider }) => provider.name === first || !sendsCallersKey(provider))
}

/** Targets whose replicas all asked for a pause come last; where all did, they are asked all the same. */
export function inOrderOfHealth(
  { health, elapsedMs }: Pick<Gateway, 'health' | 'elapsedMs'>,
  targets: readonly Target[],
): readonly Target[] {
  if (targets.length === 1) return targets
  const isAvailable = (target: Target): boolean => health.isAvailable(target.provider, elapsedMs())
  return [...targets.filter(isAvailable), ...targets.filter((target) => !isAvailable(target))]
}

/** Though it does not suffice. */
function isAnswer(result: AttemptResult): boolean {
  return result.kind === 'faulty' && result.instead !== undefined
}

/** Another replica might have done better. */
function isOfReplica({ kind }: Fault): boolean {
  return BROKEN.has(kind)
}

/** The provider did nothing: it was never reached, or would not take the request yet. */
function wasRefused(it: Fault): boolean {
  return it.unconnected || it.kind === 'rate_limited'
}

/** How long a replica is asked last: as it wishes, or a while where it cannot be connected to and others can. */
function pauseAfter(it: Fault, { replicas }: Provider): number | undefined {
  return it.unconnected && replicas.length > 1 ? UNCONNECTED_PAUSE_MS : it.retryAfterMs
}

/** Full jitter (Brooker, AWS Architecture Blog 2015), never less than the provider asked for. */
function retryDelayMs(it: Fault, retries: number, random: number): number {
  const jitterMs = random * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** retries)
  return Math.max(jitterMs, it.retryAfterMs ?? 0)
}
