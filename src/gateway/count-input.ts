/** How many tokens a messages request would be counted as: asked of the provider that counts them, else estimated. */

import { Failure } from '../errors.ts'
import { expectedInput } from './expected-usage.ts'
import { failureOf, faultOfAnswer } from './fault.ts'
import { passedBack } from './headers.ts'
import type { Gateway, Incoming } from './journey.ts'
import { outboundBody, type Target } from './outbound.ts'
import { pinOf } from './pins.ts'
import { factsOf, mayNameIds, planTargets } from './plan.ts'
import { workflowOf } from './resolve.ts'
import { type SmallAnswer, smallCall } from './small-call.ts'

const DEADLINE_MS = 30_000

export interface CountedInput {
  status: number
  /** Names and values alternate. */
  headers: readonly string[]
  body: Uint8Array
}

/**
 * Nothing is billed for counting, so that it leaves no row.
 * @throws Failure as planning does, or `provider_error`, `provider_timeout`, `rate_limited` where the provider gives no count
 */
export async function countInput(incoming: Incoming, gateway: Gateway): Promise<CountedInput> {
  const resolved = workflowOf(incoming, gateway.policies())
  const facts = factsOf(incoming, resolved, gateway)
  const pin = mayNameIds(incoming.request, facts) ? await pinOf(incoming, gateway) : undefined
  const { targets } = planTargets(incoming, resolved, facts, gateway, pin)
  const [target] = targets
  if (target !== undefined && target.conversion === undefined) return ask(incoming, gateway, target)
  const bytesPerToken = gateway.tokenRatios.bytesPerToken(resolved.workflow)
  const { tokens } = expectedInput(incoming.request, bytesPerToken)
  return json({ input_tokens: tokens })
}

async function ask(incoming: Incoming, gateway: Gateway, target: Target): Promise<CountedInput> {
  const { provider, model } = target
  const nowMs = gateway.elapsedMs()
  const inFlight = (id: string): number => gateway.slots.inFlight(id)
  const replica = gateway.health.choose(provider, { nowMs, inFlight, tried: new Set() })
  const answer = await smallCall(provider, replica, {
    method: 'POST',
    path: `${provider.path('messages', model)}/count_tokens`,
    headers: incoming.headers,
    body: outboundBody(incoming.request, target, undefined).bytes,
    principal: incoming.principal,
    deadlineMs: DEADLINE_MS,
    freshConnection: false,
  })
  return told(answer, provider.name, gateway.now())
}

function told(answer: SmallAnswer, provider: string, now: number): CountedInput {
  if (answer.kind === 'answered') {
    const { status, headers, body } = answer
    const isTheCallersOwn = status >= 400 && status < 500 && ![401, 403, 429].includes(status)
    if (status < 300 || isTheCallersOwn) return { status, headers: passedBack(headers), body }
    throw failureOf(faultOfAnswer(provider, { status, headers, bytes: body }, now), false)
  }
  throw answer.kind === 'late' ? late(provider) : unreachable(provider, answer.message)
}

function json(value: unknown): CountedInput {
  const body = new TextEncoder().encode(JSON.stringify(value))
  return { status: 200, headers: ['content-type', 'application/json'], body }
}

function late(provider: string): Failure {
  return new Failure('provider_timeout', `Provider ${provider} did not count the request in time.`)
}

function unreachable(provider: string, message: string): Failure {
  return new Failure('provider_error', `Provider ${provider} could not be reached: ${message}.`)
}
