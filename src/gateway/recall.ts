/** Looks whether a request was answered before, or is being answered now: an exact repeat gets that answer. */
import { type CacheDirectives, cacheDirectives } from '../cache/cache-control.ts'
import { cacheable } from '../cache/cacheable.ts'
import type { RememberedAnswer } from '../cache/exact-store.ts'
import { isOfAddresses } from '../cache/media.ts'
import { Failure } from '../errors.ts'
import type { ResolvedWorkflow } from '../policy/resolve-workflow.ts'
import { headerValue } from '../providers/transport.ts'
import type { EmbeddingMemory } from './embeddings/embedding-memory.ts'
import { findInputs, rememberingInputs, shadowKnown, splitInputs } from './embeddings/recall-embeddings.ts'
import { followerHeaders } from './headers.ts'
import type { Departure } from './journey.ts'
import { labelKeeper } from './learning/labelling.ts'
import { requireAsked } from './may-ask.ts'
import { match, mayMatch } from './memory/match.ts'
import { mayAnswer, worth } from './memory/remembered.ts'
import { answerRemembered } from './memory/replay.ts'
import { keyOf } from './memory/request-key.ts'
import type { SharedEnd } from './memory/shared-answer.ts'
import { type Conclusion, type Twin, twinName } from './memory/twins.ts'
import { losesTemperature } from './outbound.ts'
import { bypass, type Keeper, type Passage, recordedPassage, straightPassage } from './passage.ts'

export type Recalled =
  /** The caller has its answer. */
  | { kind: 'remembered'; by: 'exact' | 'semantic'; savedNanoUsd: number | undefined }
  | { kind: 'shared'; end: SharedEnd; leader: Conclusion | undefined }
  /** A provider has to be asked. */
  | { kind: 'ask'; passage: Passage }

/** @throws Failure `not_cached` where the caller wants a remembered answer or none; `model_not_allowed`; `rate_limited` */
export async function recall(journey: Departure, resolved: ResolvedWorkflow): Promise<Recalled> {
  const { policy, workflow } = resolved
  const { incoming, gateway } = journey
  const directives = cacheDirectives(headerValue(incoming.headers, 'cache-control'))
  const verdict = cacheable(incoming.request, policy.cache.exact, directives)
  const key = verdict.kind === 'yes' ? await keyOf(incoming, gateway, policy, workflow) : undefined
  if (verdict.kind === 'no' || key === undefined) {
    const reason = verdict.kind === 'no' ? verdict.reason : unnamed(incoming.request)
    return matchOrAsk(journey, resolved, directives, reason)
  }
  requireAsked(incoming, gateway.registry())
  const embeddings =
    incoming.request.endpoint === 'embeddings' ? await splitInputs(incoming, resolved, gateway) : undefined
  const found = verdict.read ? await find(key, journey, directives, embeddings) : undefined
  if (found !== undefined && mayAnswer(found, incoming.principal.tenant, directives, gateway.now())) {
    const savedNanoUsd = worth(journey, found)
    if (verdict.shadow) journey.entry.shadowed('exact', savedNanoUsd)
    else if (answerRemembered(journey, found, 'exact', savedNanoUsd))
      return { kind: 'remembered', by: 'exact', savedNanoUsd }
  }
  if (embeddings !== undefined && verdict.shadow) shadowKnown(embeddings, journey)
  return shareOrAsk(journey, resolved, directives, { key, embeddings, ...verdict })
}

async function find(
  key: string,
  { gateway, incoming }: Departure,
  directives: CacheDirectives,
  embeddings: EmbeddingMemory | undefined,
): Promise<RememberedAnswer | undefined> {
  const nowMs = gateway.now()
  if (embeddings === undefined) return gateway.exactStore.find(key, nowMs)
  const { tenant } = incoming.principal
  await findInputs(embeddings, gateway.exactStore, { tenant, directives, nowMs })
  return embeddings.whole()
}

/** No exact memory holds the request: one that means the same may have been answered. */
async function matchOrAsk(
  journey: Departure,
  resolved: ResolvedWorkflow,
  directives: CacheDirectives,
  reason: string,
): Promise<Recalled> {
  const matched = mayMatch(journey, resolved) ? await match(journey, resolved, directives) : undefined
  if (matched?.kind === 'remembered') return matched
  if (directives.onlyIfCached) throw notCached()
  takeTokens(journey)
  const label = labelKeeper(journey, resolved)
  if (matched === undefined) return { kind: 'ask', passage: unremembered(journey, reason, label) }
  const cache = matched.read ? 'miss' : 'bypass'
  const cacheStatus = matched.read ? MISS : bypass('no-cache')
  const keepers: Keeper[] = label === undefined ? [matched.keeper] : [matched.keeper, label]
  return {
    kind: 'ask',
    passage: recordedPassage(journey, {
      twinName: undefined,
      cache,
      cacheStatus,
      keepers,
      holdsEnd: matched.holdsEnd,
    }),
  }
}

/** Recorded only where somebody compares it. */
function unremembered(journey: Departure, reason: string, label: Keeper | undefined): Passage {
  if (label === undefined) return straightPassage(journey, reason)
  const cacheStatus = bypass(reason)
  return recordedPassage(journey, { twinName: undefined, cache: 'bypass', cacheStatus, keepers: [label] })
}

const MISS = 'trimtab; fwd=miss'

interface Shareable {
  key: string
  embeddings: EmbeddingMemory | undefined
  read: boolean
  write: boolean
  shadow: boolean
  byTemperature: boolean
}

/** Joins a twin on its way, or becomes the one that others may join. */
async function shareOrAsk(
  journey: Departure,
  resolved: ResolvedWorkflow,
  directives: CacheDirectives,
  as: Shareable,
): Promise<Recalled> {
  const { gateway, incoming, entry } = journey
  const name = twinName(as.key, incoming.request)
  const mayJoin = as.read && !as.shadow && !directives.onlyIfCached
  const twin = mayJoin ? joinTwin(journey, name) : undefined
  if (twin !== undefined) return twin
  const isMatching = mayMatch(journey, resolved)
  const matched = isMatching ? await match(journey, resolved, directives) : undefined
  if (matched?.kind === 'remembered') return matched
  if (directives.onlyIfCached) throw notCached()
  // Another may have begun meanwhile.
  const late = isMatching && mayJoin ? joinTwin(journey, name) : undefined
  if (late !== undefined) return late
  takeTokens(journey)
  const keepers: Keeper[] = matched === undefined ? [] : [matched.keeper]
  const label = labelKeeper(journey, resolved)
  if (label !== undefined) keepers.push(label)
  const { ttlMs } = resolved.policy.cache.exact
  if (as.write && as.embeddings === undefined) {
    keepers.push((answer, by) => {
      if (as.byTemperature && losesTemperature(by.target)) return
      if (incoming.request.passed !== undefined && isOfAddresses(incoming.request, answer.body)) return
      const remembered = { key: as.key, expiresAt: answer.createdAt + ttlMs, ...answer }
      gateway.exactStore.remember(remembered)
      // A repeat that comes before the count saves what was estimated.
      void entry.answerCounted?.then((counted) => {
        if (counted !== undefined) gateway.exactStore.remember({ ...remembered, tokens: counted.tokens })
      })
    })
  }
  const passage = recordedPassage(journey, {
    twinName: name,
    cache: as.read ? 'miss' : 'bypass',
    cacheStatus: as.read ? MISS : bypass('no-cache'),
    keepers,
    holdsEnd: matched?.holdsEnd,
  })
  if (as.embeddings !== undefined) rememberingInputs(passage, as.embeddings, journey, ttlMs)
  return { kind: 'ask', passage }
}

function joinTwin({ gateway, incoming, sink }: Departure, name: string): Promise<Recalled> | undefined {
  const twin = gateway.twins.find(name)
  const joined = twin?.answer.join(sink, (headers) => followerHeaders(headers, incoming.id))
  return twin !== undefined && joined !== undefined ? follow(twin, joined) : undefined
}

function takeTokens({ allowance, entry, gateway }: Departure): void {
  allowance?.takeTokens(gateway.tokenRatios.bytesPerToken(entry.opened.workflow))
}

/** A follower that left does not wait for the end of what it left. */
async function follow(twin: Twin, ending: Promise<SharedEnd>): Promise<Recalled> {
  const end = await ending
  return { kind: 'shared', end, leader: end === 'left' ? undefined : await twin.concluded }
}

/** Why a request has no key. */
function unnamed({ passed }: Departure['incoming']['request']): string {
  return passed === undefined ? 'number-beyond-double' : 'unreadable'
}

function notCached(): Failure {
  return new Failure(
    'not_cached',
    'No remembered answer fits this request, and its Cache-Control: only-if-cached wants no other.',
  )
}
