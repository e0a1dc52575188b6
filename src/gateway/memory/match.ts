/** Looks whether a question that means the same was answered before: verified, or a miss. */
import type { CacheDirectives } from '../../cache/cache-control.ts'
import { whyNever } from '../../cache/cacheable.ts'
import type { RememberedAnswer } from '../../cache/exact-store.ts'
import { isOperators } from '../../cache/operator-answer.ts'
import { eligibility } from '../../cache/semantic/eligibility.ts'
import { partitionKey } from '../../cache/semantic/partition.ts'
import type { Look, Question, SemanticCache } from '../../cache/semantic/semantic-cache.ts'
import type { SemanticPolicy } from '../../cache/semantic/semantic-policy.ts'
import type { SemanticNote } from '../../metering/decision.ts'
import type { Policy } from '../../policy/policy.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import { type Departure, elapsedMs, type Incoming } from '../journey.ts'
import { requireAsked } from '../may-ask.ts'
import type { Recorded } from '../passage.ts'
import { audit } from './audit.ts'
import { compared } from './compare.ts'
import { type KeySources, policyScopeOf, recordingOf } from './recording.ts'
import { mayAnswer, worth } from './remembered.ts'
import { answerRemembered } from './replay.ts'

export type Matched =
  | { kind: 'remembered'; by: 'semantic'; savedNanoUsd: number | undefined }
  /** A provider has to be asked; `keeper` compares its answer with what memory would have said, and remembers it. */
  | { kind: 'ask'; read: boolean; keeper: (answer: Recorded) => Promise<void>; holdsEnd: boolean }

/** What a match goes by, beside the look itself. */
export interface Matching {
  cache: SemanticCache
  policy: { semantic: SemanticPolicy; whole: Policy }
  look: Look
  /** What was served, or in shadow would have been. */
  remembered?: RememberedAnswer | undefined
}

/** Nothing is waited for where this is false. */
export function mayMatch({ gateway }: Departure, { policy }: ResolvedWorkflow): boolean {
  return policy.cache.semantic !== undefined && gateway.semanticCache() !== undefined
}

/** Undefined where the request is not eligible. @throws Failure `model_not_allowed` */
export async function match(
  journey: Departure,
  resolved: ResolvedWorkflow,
  directives: CacheDirectives,
): Promise<Matched | undefined> {
  const { semantic: policy } = resolved.policy.cache
  const cache = journey.gateway.semanticCache()
  if (policy === undefined || cache === undefined) return undefined
  const { incoming, entry } = journey
  const { registry, sha256 } = journey.gateway
  const { embedderId } = cache
  const question = await questionOf(incoming, resolved, directives, { registry, sha256, embedderId })
  if (typeof question === 'string') {
    entry.decision.semantic = { reasons: [question] }
    entry.semantic = 'ineligible'
    return undefined
  }
  requireAsked(incoming, journey.gateway.registry())
  const read = !directives.noCache
  const look = await cache.look(question, policy, read)
  entry.decision.semantic = noteOf(look)
  entry.semantic = 'miss'
  const matching: Matching = { cache, policy: { semantic: policy, whole: resolved.policy }, look }
  if (read && look.decision.serve) {
    const served = await serve(journey, resolved, directives, matching)
    if (served !== undefined) return served
  }
  const holdsEnd = policy.write === 'through'
  return { kind: 'ask', read, keeper: (answer) => compared(journey, matching, answer), holdsEnd }
}

function noteOf({ reasons, candidate }: Look): SemanticNote {
  if (candidate === undefined) return { reasons }
  const { neighbour, similarity, risk } = candidate
  return { reasons, entry: { id: neighbour.id, similarity, risk } }
}

/** The reason where the request is not eligible. */
export async function questionOf(
  incoming: Incoming,
  { policy, workflow }: ResolvedWorkflow,
  directives: CacheDirectives,
  sources: KeySources & { embedderId: string },
): Promise<Question | string> {
  const { request, principal, headers, labels } = incoming
  const never = whyNever(request, directives)
  if (never !== undefined || request.passed !== undefined) return never ?? 'passed-through'
  const eligible = eligibility(request)
  if (eligible.kind === 'no') return eligible.reason
  const partition = await partitionKey(
    {
      tenant: principal.tenant,
      endpoint: recordingOf(request),
      workflow,
      policyScope: policyScopeOf(policy, incoming),
      catalogScope: sources.registry().revision,
      headers,
      body: request.body,
      embedderId: sources.embedderId,
      last: eligible.last,
    },
    sources.sha256,
  )
  if (partition === undefined) return 'number-beyond-double'
  return {
    tenant: principal.tenant,
    workflow,
    partition,
    text: eligible.text,
    keyName: principal.key?.name,
    tags: labels.tags,
  }
}

async function serve(
  journey: Departure,
  resolved: ResolvedWorkflow,
  directives: CacheDirectives,
  matching: Matching,
): Promise<Matched | undefined> {
  const { incoming, gateway, entry } = journey
  const { cache, look, policy } = matching
  const found = await cache.answerOf(look)
  if (found === undefined || !mayAnswer(found, incoming.principal.tenant, directives, gateway.now()))
    return undefined
  const savedNanoUsd = worth(journey, found)
  if (policy.semantic.mode === 'shadow') {
    matching.remembered = found
    entry.shadowed('semantic', savedNanoUsd)
    entry.semantic = 'shadow_hit'
    return undefined
  }
  if (policy.semantic.masksTiming) await cache.untilUsual(look.question.workflow, elapsedMs(journey))
  if (!answerRemembered(journey, found, 'semantic', savedNanoUsd)) return undefined
  entry.semantic = 'hit'
  const isDue = policy.semantic.refreshesAhead && isNearEnd(found, gateway.now())
  if ((look.decision.audit || isDue) && !isOperators(found)) audit(journey, resolved, matching, found)
  return { kind: 'remembered', by: 'semantic', savedNanoUsd }
}

/** The last tenth of an entry's time. */
function isNearEnd({ createdAt, expiresAt }: RememberedAnswer, nowMs: number): boolean {
  return expiresAt - nowMs < (expiresAt - createdAt) / 10
}
