/** Turns questions with their answers into remembered answers, as if a model had been asked each and had answered so. */
import type { Principal } from '../access/principal.ts'
import { answerLine } from '../cache/answer-line.ts'
import { cacheDirectives } from '../cache/cache-control.ts'
import { cacheable } from '../cache/cacheable.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { OPERATOR } from '../cache/operator-answer.ts'
import type { Question } from '../cache/semantic/semantic-cache.ts'
import { Failure } from '../errors.ts'
import type { Incoming } from '../gateway/journey.ts'
import { questionOf } from '../gateway/memory/match.ts'
import type { KeySources } from '../gateway/memory/recording.ts'
import { keyOf } from '../gateway/memory/request-key.ts'
import { workflowOf } from '../gateway/resolve.ts'
import { noTokens } from '../metering/tokens.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import type { NewEntry } from '../vectors/vector-index.ts'
import { incomingOf } from './request-question.ts'
import type { WarmPair } from './warm-lines.ts'

export interface PairSources extends KeySources {
  policies(): PolicySet
  /** Whose memory it is. */
  principal: Principal | undefined
  /** Undefined: as long as the policy keeps answers. */
  ttlMs: number | undefined
  /** Unix milliseconds. */
  now: number
  /** Of whom questions that mean the same are found by; asked only where a policy remembers those. */
  embedderId(): Promise<string>
}

export type PairAnswers =
  /** `untaken`: why its policy, which finds questions that mean the same, does not find this one so. */
  | {
      kind: 'answers'
      answers: readonly RememberedAnswer[]
      questions: readonly NewEntry[]
      untaken: string | undefined
    }
  /** As a sentence goes on. */
  | { kind: 'refused'; why: string }

/**
 * For two requests: the one with nothing but the question, which only `mode: on` answers exactly, and the same with
 * `temperature: 0`, which `deterministic` does too.
 */
export async function answersOfPair(pair: WarmPair, sources: PairSources): Promise<PairAnswers> {
  const messages = [{ role: 'user', content: pair.question }]
  const bodies = [
    { model: pair.model, messages },
    { model: pair.model, messages, temperature: 0 },
  ]
  try {
    const made = await Promise.all(bodies.map((body) => answersFor(body, pair, sources)))
    return {
      kind: 'answers',
      answers: made.flatMap(({ answer }) => answer ?? []),
      questions: made.flatMap(({ question }) => question ?? []),
      untaken: made[0]?.untaken,
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { kind: 'refused', why: `cannot be remembered: ${error.message}` }
  }
}

interface Made {
  answer: RememberedAnswer | undefined
  question: NewEntry | undefined
  untaken: string | undefined
}

/** @throws Failure where neither memory takes it */
async function answersFor(body: object, pair: WarmPair, sources: PairSources): Promise<Made> {
  const { principal, policies, now } = sources
  const incoming = incomingOf(
    { asks: { body: JSON.stringify(body) }, workflow: pair.workflow, principal },
    now,
  )
  const resolved = workflowOf(incoming, policies())
  const exact = await exactKeyOf(incoming, resolved, sources)
  const question = await askedAs(incoming, resolved, sources)
  const found = typeof question === 'object'
  if (exact.key === undefined && !found) throw notKept(resolved.workflow, exact.reason, question)
  const { exact: policy, semantic } = resolved.policy.cache
  const answered = { pair, tenant: incoming.principal.tenant, workflow: resolved.workflow }
  return {
    answer: exact.key === undefined ? undefined : answerAs(answered, exact.key, policy.ttlMs, sources),
    question: found && semantic ? entryOf(question, answered, semantic.ttlMs, sources) : undefined,
    untaken: typeof question === 'string' ? question : undefined,
  }
}

async function exactKeyOf(
  incoming: Incoming,
  { policy, workflow }: ResolvedWorkflow,
  { registry, sha256 }: PairSources,
): Promise<{ key: string } | { key: undefined; reason: string }> {
  const { exact } = policy.cache
  const mode = exact.mode === 'off' ? 'off' : 'on'
  const verdict = cacheable(incoming.request, { ...exact, mode }, NO_WISHES)
  if (verdict.kind === 'no') return { key: undefined, reason: verdict.reason }
  const key = await keyOf(incoming, { registry, sha256 }, policy, workflow)
  return key === undefined ? { key, reason: 'number-beyond-double' } : { key }
}

/** As its meaning is looked up; why it is not, where its policy has that; undefined where it has not. */
async function askedAs(
  incoming: Incoming,
  resolved: ResolvedWorkflow,
  { registry, sha256, embedderId }: PairSources,
): Promise<Question | string | undefined> {
  if (resolved.policy.cache.semantic === undefined) return undefined
  return questionOf(incoming, resolved, NO_WISHES, { registry, sha256, embedderId: await embedderId() })
}

interface Answered {
  pair: WarmPair
  tenant: string
  workflow: string
}

function entryOf(
  { partition, text, keyName, tags }: Question,
  answered: Answered,
  policyTtlMs: number,
  sources: PairSources,
): NewEntry {
  const answer = answerAs(answered, partition, policyTtlMs, sources)
  const { tenant, workflow } = answered
  return {
    tenant,
    partition,
    workflow,
    keyName,
    tags,
    question: text,
    answer: answerLine(answer),
    createdAtMs: answer.createdAt,
    expiresAtMs: answer.expiresAt,
  }
}

function answerAs(
  { pair: { answer, model }, tenant, workflow }: Answered,
  key: string,
  policyTtlMs: number,
  { ttlMs, now }: PairSources,
): RememberedAnswer {
  return {
    key,
    tenant,
    workflow,
    provider: OPERATOR,
    model,
    tier: undefined,
    form: 'json',
    contentType: 'application/json',
    body: new TextEncoder().encode(JSON.stringify(completion(key, model, answer, now))),
    usage: NO_USAGE,
    tokens: noTokens(),
    createdAt: now,
    expiresAt: now + (ttlMs ?? policyTtlMs),
  }
}

const NO_WISHES = cacheDirectives(undefined)
const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

/** `unlike`: why its meaning is not looked up; undefined where its policy looks for none. */
function notKept(workflow: string, reason: string, unlike: string | undefined): Failure {
  const also = unlike === undefined ? '' : `, nor is it found by its meaning (${unlike})`
  return new Failure(
    'invalid_request',
    `the exact cache of workflow ${workflow} does not take it (${reason})${also}.`,
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
