/** Turns questions with their answers into remembered answers, as if a model had been asked each and had answered so. */
import type { Principal } from '../access/principal.ts'
import { cacheDirectives } from '../cache/cache-control.ts'
import { cacheable } from '../cache/cacheable.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { Failure } from '../errors.ts'
import type { KeySources } from '../gateway/recording.ts'
import { keyOf } from '../gateway/request-key.ts'
import { workflowOf } from '../gateway/resolve.ts'
import { noTokens } from '../metering/tokens.ts'
import type { PolicySet } from '../policy/policy.ts'
import { incomingOf } from './request-question.ts'
import type { WarmPair } from './warm-lines.ts'

/** In the place of a provider's name: no provider said this. */
const OPERATOR = 'operator'

export interface PairSources extends KeySources {
  policies(): PolicySet
  /** Whose memory it is. */
  principal: Principal | undefined
  /** Undefined: as long as the policy keeps answers. */
  ttlMs: number | undefined
  /** Unix milliseconds. */
  now: number
}

export type PairAnswers =
  | { kind: 'answers'; answers: readonly RememberedAnswer[] }
  /** As a sentence goes on. */
  | { kind: 'refused'; why: string }

/**
 * Two: for the request with nothing but the question, which only `mode: on` answers from memory, and for the same with
 * `temperature: 0`, which `deterministic` does too.
 */
export async function answersOfPair(pair: WarmPair, sources: PairSources): Promise<PairAnswers> {
  const messages = [{ role: 'user', content: pair.question }]
  const bodies = [
    { model: pair.model, messages },
    { model: pair.model, messages, temperature: 0 },
  ]
  try {
    const answers = await Promise.all(bodies.map((body) => answerFor(body, pair, sources)))
    return { kind: 'answers', answers }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { kind: 'refused', why: `cannot be remembered: ${error.message}` }
  }
}

async function answerFor(
  body: { model: string; temperature?: number },
  { workflow, answer, model }: WarmPair,
  { principal, policies, ttlMs, now, ...keySources }: PairSources,
): Promise<RememberedAnswer> {
  const asks = { body: JSON.stringify(body) }
  const incoming = incomingOf({ asks, workflow, principal }, now)
  const resolved = workflowOf(incoming, policies())
  const { exact } = resolved.policy.cache
  const verdict = cacheable(
    incoming.request,
    { ...exact, mode: exact.mode === 'off' ? 'off' : 'on' },
    NO_WISHES,
  )
  if (verdict.kind === 'no') throw notKept(resolved.workflow, verdict.reason)
  const key = await keyOf(incoming, keySources, resolved.policy, resolved.workflow)
  if (key === undefined) throw notKept(resolved.workflow, 'number-beyond-double')
  return {
    key,
    tenant: incoming.principal.tenant,
    workflow: resolved.workflow,
    provider: OPERATOR,
    model,
    tier: undefined,
    form: 'json',
    contentType: 'application/json',
    body: new TextEncoder().encode(JSON.stringify(completion(key, model, answer, now))),
    usage: NO_USAGE,
    tokens: noTokens(),
    createdAt: now,
    expiresAt: now + (ttlMs ?? exact.ttlMs),
  }
}

const NO_WISHES = cacheDirectives(undefined)
const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

function notKept(workflow: string, reason: string): Failure {
  return new Failure(
    'invalid_request',
    `the exact cache of workflow ${workflow} does not take it (${reason}).`,
  )
}

/** OpenAI's chat completion. */
function completion(key: string, model: string, answer: string, at: number): object {
  return {
    id: `chatcmpl-${key.slice(0, 24)}`,
    object: 'chat.completion',
    created: Math.floor(at / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: NO_USAGE,
  }
}
