/** Looks whether a request was answered before, or is being answered now: an exact repeat gets that answer. */
import { type CacheDirectives, cacheDirectives } from '../cache/cache-control.ts'
import { type Cacheable, cacheable } from '../cache/cacheable.ts'
import { exactKey } from '../cache/exact-key.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { Failure } from '../errors.ts'
import { usageFromWire } from '../metering/usage.ts'
import type { CallerRequest } from '../openai/passed-request.ts'
import type { Policy } from '../policy/policy.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { headerValue } from '../providers/transport.ts'
import { followerHeaders } from './headers.ts'
import type { Departure, Gateway, Incoming } from './journey.ts'
import { type Passage, sharedPassage, straightPassage } from './passage.ts'
import { requireAsked } from './plan.ts'
import { answerRemembered } from './replay.ts'
import type { SharedEnd } from './shared-answer.ts'
import { type Conclusion, type Twin, twinName } from './twins.ts'

export type Recalled =
  /** The caller has its answer. */
  | { kind: 'remembered'; savedNanoUsd: number | undefined }
  | { kind: 'shared'; end: SharedEnd; leader: Conclusion | undefined }
  /** A provider has to be asked. */
  | { kind: 'ask'; passage: Passage }

/** @throws Failure `not_cached` where the caller wants a remembered answer or none; `model_not_allowed`; `rate_limited` */
export async function recall(journey: Departure, { policy, workflow }: ResolvedWorkflow): Promise<Recalled> {
  const { incoming, gateway } = journey
  const directives = cacheDirectives(headerValue(incoming.headers, 'cache-control'))
  const verdict = cacheable(incoming.request, policy.cache.exact, directives)
  const key = verdict.kind === 'yes' ? await keyOf(incoming, gateway, policy, workflow) : undefined
  if (verdict.kind === 'no' || key === undefined) {
    if (directives.onlyIfCached) throw notCached()
    takeTokens(journey)
    const reason = verdict.kind === 'no' ? verdict.reason : 'number-beyond-double'
    return { kind: 'ask', passage: straightPassage(journey, reason) }
  }
  requireAsked(incoming, gateway.registry())
  const found = verdict.read ? await gateway.exactStore.find(key, gateway.now()) : undefined
  if (found !== undefined && mayAnswer(found, incoming.principal.tenant, directives, gateway.now())) {
    const savedNanoUsd = worth(journey, found)
    if (verdict.shadow) journey.entry.shadowed('exact', savedNanoUsd)
    else if (answerRemembered(journey, found, savedNanoUsd)) return { kind: 'remembered', savedNanoUsd }
  }
  if (directives.onlyIfCached) throw notCached()
  return shareOrAsk(journey, policy, key, verdict)
}

/** Joins a twin on its way, or becomes the one that others may join. */
async function shareOrAsk(
  journey: Departure,
  policy: Policy,
  key: string,
  verdict: Cacheable & { kind: 'yes' },
): Promise<Recalled> {
  const { gateway, incoming, sink } = journey
  const name = twinName(key, incoming.request)
  const twin = verdict.read && !verdict.shadow ? gateway.twins.find(name) : undefined
  const joined = twin?.answer.join(sink, (headers) => followerHeaders(headers, incoming.id))
  if (twin !== undefined && joined !== undefined) return follow(twin, await joined)
  takeTokens(journey)
  return { kind: 'ask', passage: sharedPassage(journey, policy, { key, name, ...verdict }) }
}

function takeTokens({ allowance, entry, gateway }: Departure): void {
  allowance?.takeTokens(gateway.tokenRatios.bytesPerToken(entry.opened.workflow))
}

/** A follower that left does not wait for the end of what it left. */
async function follow(twin: Twin, end: SharedEnd): Promise<Recalled> {
  return { kind: 'shared', end, leader: end === 'left' ? undefined : await twin.concluded }
}

export type KeySources = Pick<Gateway, 'registry' | 'sha256'>

/** Undefined where the body holds a number that JSON's parsers would take for another. */
export function keyOf(
  { request, principal, headers }: Pick<Incoming, 'request' | 'principal' | 'headers'>,
  { registry, sha256 }: KeySources,
  policy: Policy,
  workflow: string,
): string | Promise<string> | undefined {
  return exactKey(
    {
      tenant: principal.tenant,
      endpoint: recordingOf(request),
      workflow,
      policyScope: policy.answerScope,
      catalogScope: registry().revision,
      headers,
      body: request.body,
    },
    sha256,
  )
}

/** Chat can be told in either form from a recording of the other; for other endpoints each form has its own. */
function recordingOf({ endpoint, stream }: CallerRequest): string {
  return endpoint === 'chat/completions' || !stream ? endpoint : `${endpoint} as a stream`
}

/** The key holds the tenant; it is looked at again, because rows may come from a file. */
function mayAnswer(
  found: RememberedAnswer,
  tenant: string,
  { maxAgeMs }: CacheDirectives,
  nowMs: number,
): boolean {
  return found.tenant === tenant && (maxAgeMs === undefined || nowMs - found.createdAt <= maxAgeMs)
}

/** What the answer would cost now. */
function worth(
  { gateway, incoming }: Departure,
  { provider, model, tokens, usage }: RememberedAnswer,
): number | undefined {
  const priceProvider = gateway.registry().providers.get(provider)?.priceProvider
  const terms = usageFromWire(usage)?.terms
  return gateway.pricer().price({ provider, priceProvider, model, tokens, terms, at: incoming.at })
    ?.costNanoUsd
}

function notCached(): Failure {
  return new Failure(
    'not_cached',
    'No remembered answer fits this request, and its Cache-Control: only-if-cached wants no other.',
  )
}
