/** Goes through the plan's targets until one answers: retries on a target first, then the next target the policy allows. */
import { Failure } from '../errors.ts'
import type { Provider } from '../providers/provider.ts'
import type { Answered, AttemptResult, RacedResult, SecondBest } from './attempt-result.ts'
import { Course } from './course.ts'
import { type Fault, isPassing } from './fault.ts'
import { targetName } from './headers.ts'
import type { Gateway, Journey } from './journey.ts'
import { claimOf } from './load/claim.ts'
import { type AskAt, hedged, mayHedge, toldResult } from './load/hedged.ts'
import { NoRoom, noSlot, soonest } from './load/no-slot.ts'
import type { Race } from './load/race.ts'
import type { TakenSlot } from './load/slot.ts'
import { spareLimits } from './load/spare-limits.ts'
import { attemptWithMedia } from './media/attempt-with-media.ts'
import type { Destination, Target } from './outbound.ts'
import { isRepeatable } from './passed/passed-outbound.ts'
import { pauseAfter, retryDelayMs, wasRefused } from './pauses.ts'
import { type ChosenReplica, chooseReplica } from './replicas/choose-replica.ts'
import { inOrderOfHealth } from './replicas/in-order-of-health.ts'
import { isOverload, replicaOutcome } from './replicas/replica-outcome.ts'
import { withoutStrangers } from './replicas/without-strangers.ts'
import { sleep } from './stop.ts'

/** A provider that asks for a longer pause than this is left alone, and its wish handed to the caller. */
const LONGEST_WAIT_MS = 10_000

export type Ending =
  | { kind: 'whole'; answered: Answered }
  | { kind: 'cut'; fault: Fault }
  | { kind: 'departed' }
  | { kind: 'faulty'; fault: Fault; target: Target; retried: boolean }

/** A target among those that may be asked. */
interface Place {
  usable: readonly Target[]
  index: number
}

/** What one target came to. */
interface Tried {
  result: AttemptResult
  retries: number
}

/** @throws Failure `ledger_unavailable`; `overloaded` or `rate_limited` where no target has room */
export async function dispatch(journey: Journey, targets: readonly Target[]): Promise<Ending> {
  const usable = inOrderOfHealth(journey.gateway, withoutStrangers(targets), journey.input.tokens)
  const course = new Course(journey, usable)
  let retried = false
  let instead: SecondBest | undefined
  const refusals: NoRoom[] = []
  for (let index = 0; ; ) {
    const target = usable[index] as Target // a plan has at least one target
    const mayMoveOn = (it: Fault): boolean => course.after(index, it) !== undefined
    let tried: Tried
    try {
      tried = await tryTarget(journey, { usable, index }, mayMoveOn)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const next = error instanceof NoRoom ? course.withoutRoom(index, error.status) : undefined
      if (error instanceof NoRoom) refusals.push(error)
      if (next !== undefined) {
        note(journey, `${targetName(target)} is passed over: ${error.message}`)
        index = next
        continue
      }
      if (instead !== undefined) return secondBest(journey, instead)
      throw error instanceof NoRoom ? soonest(refusals) : error
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
function secondBest(journey: Journey, { tell, answered }: SecondBest): Ending & { kind: 'whole' } {
  note(journey, `${targetName(answered.target)} is told for want of a better answer.`)
  tell()
  return { kind: 'whole', answered: { ...answered, isSecondBest: true } }
}

function note({ entry }: Journey, reason: string): void {
  entry.decision.reasons = [...entry.decision.reasons, reason]
}

/** One target, with as many retries as policy, budget, deadline and the provider's own wish allow. */
async function tryTarget(
  journey: Journey,
  place: Place,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<Tried> {
  const { gateway, policy, stop, startedMs } = journey
  const target = place.usable[place.index] as Target
  gateway.retryBudget.deposit(target.provider)
  const triedReplicas = new Set<string>()
  for (let retries = 0; ; ) {
    const result = toldResult(await tryReplica(journey, place, triedReplicas, mayMoveOn))
    if (result.kind !== 'faulty' || stop.reason !== undefined) return { result, retries }
    // Nothing was sent, so that asking another replica repeats nothing.
    if (result.fault.unconnected && triedReplicas.size < target.provider.replicas.length) continue
    const waitMs = hasUntried(gateway, target.provider, triedReplicas)
      ? 0 // another one has no reason to be spared
      : retryDelayMs(result.fault, retries, gateway.random())
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
    if (waitMs > 0) await sleep(waitMs, stop)
    retries++
    if (stop.reason === 'departed') return { result: { kind: 'departed' }, retries }
    if (stop.reason !== undefined) return { result, retries }
  }
}

async function tryReplica(
  journey: Journey,
  { usable, index }: Place,
  tried: Set<string>,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<RacedResult> {
  const { gateway, stop } = journey
  const { slots } = gateway
  const target = usable[index] as Target
  const sparedMs = gateway.headroom.isEmpty ? 0 : await spareLimits(journey, target, tried)
  const chosen = chooseReplica(journey, target, tried)
  const claim = claimOf(journey, tried, chosen.uncachedTokens)
  const taken = slots.take(target.provider, chosen.replica, stop, claim)
  const slot = taken instanceof Promise ? await taken : taken
  if (slot.kind !== 'taken') {
    if (stop.reason === 'departed') return { kind: 'departed' }
    throw noSlot(slot, journey, target)
  }
  slot.waitedMs += sparedMs
  tried.add(slot.replica.id)
  const ask = { mayMoveOn, sent: chosen.sent }
  if (!mayHedge(journey)) return askInSlot(journey, target, { slot, race: undefined, ...ask })
  const askAt: AskAt = (at, taken, race) =>
    askInSlot(journey, at, {
      slot: taken,
      race,
      mayMoveOn,
      sent: (at === target ? chosen : chooseReplica(journey, at, tried)).sent,
    })
  return hedged(journey, { target, slot, others: usable.slice(index + 1), tried }, askAt)
}

interface AskInSlot {
  slot: TakenSlot
  race: Race | undefined
  /** Tells the balancer; undefined where it has nothing to choose. */
  sent: ChosenReplica['sent']
  mayMoveOn: (fault: Fault) => boolean
}

/** Gives the slot back, and tells health what came of it. */
async function askInSlot(
  journey: Journey,
  target: Target,
  { slot, race, sent, mayMoveOn }: AskInSlot,
): Promise<RacedResult> {
  const { gateway, input } = journey
  const { health, slots, headroom } = gateway
  const { replica } = slot
  let sending: Destination['sending']
  let result: RacedResult | undefined
  try {
    headroom.spend(replica.id, target.model, input.tokens)
    sending = sent?.(replica)
    result = await askReplica(journey, destinationAt(target, { slot, race, sending }, journey), mayMoveOn)
    if (result.kind === 'whole' || isAnswer(result)) health.recovered(replica.id)
    else if (result.kind === 'faulty') {
      const pauseMs = pauseAfter(result.fault, target.provider)
      if (pauseMs !== undefined) health.coolDown(replica.id, gateway.elapsedMs() + pauseMs)
    }
    return result
  } finally {
    const outcome = replicaOutcome(result, slot)
    health.ended(slot.asked, outcome, gateway.elapsedMs())
    sending?.ended(outcome === 'bad')
    slots.release(slot, isOverload(result))
  }
}

/** Spelled out: a spread of this size costs more than a step of the journey. */
function destinationAt(
  { provider, model, tier, named, conversion, translation, nestedNames }: Target,
  { slot, race, sending }: Pick<AskInSlot, 'slot' | 'race'> & Pick<Destination, 'sending'>,
  { incoming }: Journey,
): Destination {
  return {
    provider,
    model,
    tier,
    named,
    conversion,
    translation,
    nestedNames,
    replica: slot.replica,
    // What must not be sent twice has a connection that cannot turn out to have been dead.
    freshConnection: !isRepeatable(incoming.request),
    waitedMs: slot.waitedMs,
    slot,
    race,
    sending,
  }
}

/** A kept connection that was dead already is no word of the provider's: one more attempt, on a fresh one. */
async function askReplica(
  journey: Journey,
  destination: Destination,
  mayMoveOn: (fault: Fault) => boolean,
): Promise<RacedResult> {
  const result = await attemptWithMedia(journey, destination, mayMoveOn)
  const isStale = result.kind === 'faulty' && result.fault.kind === 'stale'
  if (!isStale || journey.stop.reason !== undefined) return result
  return attemptWithMedia(journey, { ...destination, freshConnection: true }, mayMoveOn)
}

/** Though it does not suffice. */
function isAnswer(result: RacedResult): boolean {
  return result.kind === 'faulty' && result.instead !== undefined
}

/** Another of its replicas is asked at once. */
function hasUntried(
  { health, elapsedMs }: Gateway,
  { replicas }: Provider,
  tried: ReadonlySet<string>,
): boolean {
  if (tried.size >= replicas.length) return false
  const nowMs = elapsedMs()
  return replicas.some(({ id }) => !tried.has(id) && health.state(id, nowMs) === 'closed')
}
