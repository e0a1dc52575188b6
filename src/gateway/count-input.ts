/** How many tokens a messages request would be counted as: asked of the providers that count them, else estimated. */
import { Failure } from '../errors.ts'
import { sendsCallersKey } from '../providers/provider.ts'
import { TokenError } from '../providers/tokens/access-token.ts'
import type { HeaderList } from '../providers/transport.ts'
import { asFailure, refusalOf, withoutKeys } from './failure-answer.ts'
import {
  type Fault,
  failureOf,
  fallsOver,
  fault,
  faultOfAnswer,
  faultOfTransport,
  outcomeOf,
  passesUnchanged,
} from './fault.ts'
import { passedBack } from './headers.ts'
import type { Gateway, Incoming } from './journey.ts'
import { allowanceOf } from './limits/allowance.ts'
import { expectedInput } from './limits/expected-usage.ts'
import { requireCallersKey } from './may-ask.ts'
import { outboundBody, type Target, UNBOUNDED } from './outbound.ts'
import { pinOf } from './passed/pins.ts'
import { mayNameIds } from './plan.ts'
import { factsOf, planTargets } from './plan-targets.ts'
import { idlestReplica } from './replicas/choose-replica.ts'
import { inOrderOfHealth } from './replicas/in-order-of-health.ts'
import { withoutStrangers } from './replicas/without-strangers.ts'
import { decidingFor } from './resolve.ts'
import { type SmallAnswer, smallCall } from './small-call.ts'
import { WatchedCount } from './watched-count.ts'

const DEADLINE_MS = 30_000

interface CountedInput {
  status: number
  /** Names and values alternate. */
  headers: HeaderList
  body: Uint8Array
}

interface Counting {
  incoming: Incoming
  gateway: Gateway
  watched: WatchedCount
  /** Of `elapsedMs`. */
  deadlineMs: number
  estimatedTokens: number
}

/** The caller is told what is left of its limits in either case. */
export interface CountOutcome {
  counted: CountedInput | Failure
  /** Of the caller's limits, for whatever answer it gets. */
  told(headers: HeaderList): HeaderList
}

/**
 * Nothing is billed for counting, so that it leaves no row in the ledger; whoever watches is told of it.
 * Its Failure is as planning's, `rate_limited`, or `provider_error`, `provider_timeout`, … where nobody gives a count.
 * @throws what is no Failure
 */
export async function countInput(incoming: Incoming, gateway: Gateway): Promise<CountOutcome> {
  const watched = new WatchedCount(incoming, gateway)
  const allowance = allowanceOf(incoming, gateway)
  const told = (headers: HeaderList) => allowance?.told(headers) ?? headers
  try {
    const resolved = decidingFor(incoming, gateway.policies())
    watched.resolved(resolved.workflow)
    allowance?.takeRequest()
    const counted = await countFor(incoming, gateway, watched, resolved)
    watched.ended(counted.status, counted.status < 400 ? undefined : 'rejected')
    return { counted, told }
  } catch (error) {
    const failure = asFailure(error, incoming.id)
    watched.ended(failure.status, failure.code)
    if (error instanceof Failure) return { counted: failure, told }
    throw error
  } finally {
    allowance?.settle()
  }
}

async function countFor(
  incoming: Incoming,
  gateway: Gateway,
  watched: WatchedCount,
  resolved: ReturnType<typeof decidingFor>,
): Promise<CountedInput> {
  const { fallback, limits } = resolved.policy
  const facts = factsOf(incoming, resolved, gateway)
  const pin = mayNameIds(incoming.request, facts) ? await pinOf(incoming, gateway) : undefined
  const { targets } = planTargets(incoming, resolved, facts, gateway, { pin })
  const { tokens } = expectedInput(incoming.request, gateway.tokenRatios.bytesPerToken(resolved.workflow))
  const deadlineMs = gateway.elapsedMs() + Math.min(DEADLINE_MS, limits.timeoutMs)
  const counting = { incoming, gateway, watched, deadlineMs, estimatedTokens: tokens }
  const usable = inOrderOfHealth(gateway, withoutStrangers(targets), 0)
  for (const [index, target] of usable.entries()) {
    // Nobody counts for a model that is asked in other words.
    if (target.conversion !== undefined) break
    if (index === 0) requireCallersKey(incoming, target)
    const told = await ask(counting, target)
    if (!('kind' in told)) return told
    const isLast = index + 1 >= usable.length || gateway.elapsedMs() >= deadlineMs
    if (isLast || !fallsOver(fallback.on, told)) return refused(told, target, index > 0)
  }
  return json({ input_tokens: tokens })
}

/** One target; another of its replicas where one accepts no connection. */
async function ask(counting: Counting, target: Target): Promise<CountedInput | Fault> {
  const tried = new Set<string>()
  for (;;) {
    const told = await askReplica(counting, target, tried)
    const isLast = tried.size >= target.provider.replicas.length
    if (!('kind' in told) || !told.unconnected || isLast) return told
  }
}

async function askReplica(
  { incoming, gateway, watched, deadlineMs, estimatedTokens }: Counting,
  target: Target,
  tried: Set<string>,
): Promise<CountedInput | Fault> {
  const { provider, model } = target
  const { health } = gateway
  const nowMs = gateway.elapsedMs()
  const replica = idlestReplica(gateway, target, tried)
  tried.add(replica.id)
  if (replica.credential.kind === 'token') {
    const untold = await untoldFault(provider.name, replica.credential.token.ready())
    if (untold !== undefined) return untold
  }
  const ended = watched.asking({ ...target, replica }, estimatedTokens)
  const call = {
    method: 'POST' as const,
    path: `${provider.path('messages', model)}/count_tokens`,
    headers: incoming.headers,
    body: outboundBody(incoming.request, target, UNBOUNDED).bytes,
    principal: incoming.principal,
    deadlineMs: Math.max(1, deadlineMs - nowMs),
    freshConnection: false,
  }
  let answer = await smallCall(provider, replica, call)
  const isStale = answer.kind === 'failed' && answer.error.fault === 'stale'
  if (isStale) answer = await smallCall(provider, replica, { ...call, freshConnection: true })
  const told = toldBy(answer, provider.name, gateway.now())
  const status = answer.kind === 'answered' ? answer.status : undefined
  ended('kind' in told ? outcomeOf(told) : 'answered', status)
  if ('kind' in told && told.retryAfterMs !== undefined)
    health.coolDown(replica.id, gateway.elapsedMs() + told.retryAfterMs)
  return told
}

async function untoldFault(provider: string, ready: Promise<void> | undefined): Promise<Fault | undefined> {
  try {
    await ready
    return undefined
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    const kind = error.passing ? 'unreachable' : 'authentication'
    return fault(kind, `Provider ${provider} was not asked: ${error.message}`)
  }
}

function toldBy(answer: SmallAnswer, provider: string, now: number): CountedInput | Fault {
  switch (answer.kind) {
    case 'answered': {
      const { status, headers, body } = answer
      if (status >= 200 && status < 300) return { status, headers: passedBack(headers), body }
      return faultOfAnswer(provider, { status, headers, bytes: body }, now)
    }
    case 'late':
      return fault('timeout', `Provider ${provider} did not count the request in time.`)
    case 'failed':
      return faultOfTransport(provider, answer.error)
  }
}

/** @throws Failure, unless the provider's own words are for the caller */
function refused(it: Fault, target: Target, retried: boolean): CountedInput {
  if (it.answer !== undefined && passesUnchanged(it, sendsCallersKey(target.provider))) {
    const { status, bytes } = refusalOf(it.answer, target)
    return { status, headers: passedBack(it.answer.headers), body: bytes }
  }
  throw failureOf({ ...it, message: withoutKeys(it.message, target.provider) }, retried)
}

function json(value: unknown): CountedInput {
  const body = new TextEncoder().encode(JSON.stringify(value))
  return { status: 200, headers: ['content-type', 'application/json'], body }
}
