/** Asks a target, and where its first content is late, a second one elsewhere: the caller is answered by whoever begins first. */
import { Failure } from '../../errors.ts'
import { isAnswerStored } from '../../openai/stored-answer.ts'
import type { Replica } from '../../providers/provider.ts'
import type { AttemptResult, RacedResult } from '../attempt-result.ts'
import { targetName } from '../headers.ts'
import type { Journey } from '../journey.ts'
import type { Target } from '../outbound.ts'
import { wasRefused } from '../pauses.ts'
import { claimOf } from './claim.ts'
import { Race } from './race.ts'
import type { TakenSlot } from './slot.ts'

/** Asks one target at the replica of a slot, and gives the slot back. */
export type AskAt = (target: Target, slot: TakenSlot, race: Race | undefined) => Promise<RacedResult>

interface Hedged {
  target: Target
  slot: TakenSlot
  /** In whose place it may be asked besides its other replicas. */
  others: readonly Target[]
  tried: Set<string>
}

/** What a second answer would leave behind, or decide, is asked once. */
export function mayHedge({ policy, incoming, pin }: Journey): boolean {
  const { request } = incoming
  return (
    policy.limits.hedge &&
    policy.escalate === undefined &&
    pin === undefined &&
    request.passed === undefined &&
    !isAnswerStored(request)
  )
}

export async function hedged(journey: Journey, it: Hedged, askAt: AskAt): Promise<AttemptResult> {
  const { gateway, input, incoming } = journey
  const { hedging } = gateway
  const name = `${targetName(it.target)}${incoming.request.stream ? ' streams' : ''}`
  hedging.deposit(input.tokens)
  const race = new Race(gateway.elapsedMs)
  const first = askAt(it.target, it.slot, race)
  const delayMs = hedging.delayMs(name)
  const isLate = delayMs !== undefined && (await race.isLate(delayMs, first))
  const second = isLate ? secondFor(journey, it) : undefined
  const result =
    delayMs === undefined || second === undefined
      ? toldResult(await first)
      : await faster(journey, it, { first, ...second, delayMs, race, askAt })
  if (race.tookMs !== undefined) hedging.observed(name, race.tookMs)
  return result
}

interface Second {
  target: Target
  slot: TakenSlot
}

interface Running extends Second {
  first: Promise<RacedResult>
  delayMs: number
  race: Race
  askAt: AskAt
}

async function faster(
  { entry, gateway, input }: Journey,
  it: Hedged,
  { first, target, slot, delayMs, race, askAt }: Running,
): Promise<AttemptResult> {
  // Both are heard to their ends: while one is under way, nobody else may tell the caller anything.
  const [one, other] = await Promise.allSettled([first, askAt(target, slot, race)])
  const ofFirst = unlessUnsent(one)
  const ofSecond = unlessUnsent(other)
  // The first one was in time after all: what never left has cost nothing, and what was refused no more.
  const hasLeft = ofSecond.kind !== 'lost' || ofSecond.wasSent
  const isSpent = hasLeft && !(ofSecond.kind === 'faulty' && wasRefused(ofSecond.fault))
  if (!isSpent) gateway.hedging.giveBack(input.tokens)
  if (one.status === 'rejected' && ofSecond.kind === 'lost') throw one.reason
  const secondWon = ofFirst.kind === 'lost' || (ofFirst.kind === 'faulty' && hasAnswered(ofSecond))
  const winner = secondWon ? slot : it.slot
  entry.decision.reasons = [
    ...entry.decision.reasons,
    `hedged: ${it.slot.replica.id} had said nothing after ${Math.round(delayMs)} ms, the 95th percentile of ${targetName(it.target)}, so that ${targetName(target)} was ${hasLeft ? '' : 'to be '}asked at ${slot.replica.id} as well; ${hasLeft ? `${winner.replica.id} was first` : 'nothing was sent there'}.`,
  ]
  return toldResult(secondWon ? ofSecond : ofFirst)
}

/** Its row could not be written, or a budget has no room for it: the other one goes on. @throws what is no `Failure` */
function unlessUnsent(settled: PromiseSettledResult<RacedResult>): RacedResult {
  if (settled.status === 'fulfilled') return settled.value
  if (settled.reason instanceof Failure) return { kind: 'lost', wasSent: false }
  throw settled.reason
}

function hasAnswered({ kind }: RacedResult): boolean {
  return kind === 'whole' || kind === 'cut'
}

/** One of two that race is told, and without a race nobody loses. */
export function toldResult(result: RacedResult): AttemptResult {
  return result.kind === 'lost' ? { kind: 'departed' } : result
}

/** Another replica or account, else another target of the tier; never one that has to wait for a slot. */
function secondFor(journey: Journey, { target, others, tried }: Hedged): Second | undefined {
  const { gateway, input, stop } = journey
  if (stop.reason !== undefined || !gateway.hedging.withdraw(input.tokens)) return undefined
  for (const candidate of [target, ...others]) {
    if (candidate.tier !== target.tier) continue
    const slot = freeSlot(journey, candidate, tried)
    if (slot === undefined) continue
    tried.add(slot.replica.id)
    return { target: candidate, slot }
  }
  gateway.hedging.giveBack(input.tokens)
  return undefined
}

function freeSlot(
  journey: Journey,
  { provider, model }: Target,
  tried: ReadonlySet<string>,
): TakenSlot | undefined {
  const { gateway, input } = journey
  const { health, headroom, slots } = gateway
  const nowMs = gateway.elapsedMs()
  const isFit = ({ id }: Replica): boolean =>
    !tried.has(id) &&
    health.state(id, nowMs) === 'closed' &&
    headroom.waitMs(id, model, input.tokens, nowMs) === 0
  const byLoad = provider.replicas
    .filter(isFit)
    .sort((left, right) => slots.inFlight(left.id) - slots.inFlight(right.id))
  const claim = claimOf(journey, tried)
  for (const replica of byLoad) {
    const slot = slots.takeFree(provider, replica, claim)
    if (slot !== undefined) return slot
  }
  return undefined
}
