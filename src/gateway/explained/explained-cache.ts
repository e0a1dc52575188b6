/** Whether memory would answer a request: what the policy lets be remembered, under which key, and what is there now. */
import { cacheDirectives } from '../../cache/cache-control.ts'
import { cacheable } from '../../cache/cacheable.ts'
import type { ExactPolicy } from '../../cache/exact-policy.ts'
import type { ExactStore, RememberedAnswer } from '../../cache/exact-store.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import { findInputs, splitInputs } from '../embeddings/recall-embeddings.ts'
import type { Incoming } from '../journey.ts'
import { keyOf } from '../memory/request-key.ts'
import { type ExplainedMeaning, explainMeaning, type MeaningSources } from './explained-meaning.ts'

/** Money is USD, times are ISO 8601. */
export interface ExplainedCache {
  mode: ExactPolicy['mode']
  ttl_ms: number
  /** `shadow hit`: an answer is there, and a provider is asked all the same. */
  outcome: 'hit' | 'shadow hit' | 'miss' | 'bypass'
  /** Why memory is not asked, as `Cache-Status` names it. */
  reason: string | null
  /** Of everything that may change the answer, the tenant first. */
  key: string | null
  tenant: string
  entry: {
    provider: string
    model: string
    tier: string | null
    created_at: string
    expires_at: string
    bytes: number
  } | null
  /** Of questions that mean the same; null where its policy does not look for them. */
  semantic: ExplainedMeaning | null
}

export type CacheSources = MeaningSources & { exactStore: Pick<ExactStore, 'find'> }

export async function explainCache(
  incoming: Incoming,
  resolved: ResolvedWorkflow,
  sources: CacheSources,
): Promise<ExplainedCache> {
  const { policy, workflow } = resolved
  const { mode, ttlMs } = policy.cache.exact
  const directives = cacheDirectives(undefined)
  const verdict = cacheable(incoming.request, policy.cache.exact, directives)
  const semantic = await explainMeaning(incoming, resolved, sources)
  const { tenant } = incoming.principal
  const told = { mode, ttl_ms: ttlMs, tenant, semantic }
  const bypass = (reason: string): ExplainedCache => {
    return { ...told, outcome: 'bypass', reason, key: null, entry: null }
  }
  if (verdict.kind === 'no') return bypass(verdict.reason)
  const key = await keyOf(incoming, sources, policy, workflow)
  if (key === undefined) return bypass('number-beyond-double')
  const inputs = await splitInputs(incoming, resolved, sources)
  if (inputs !== undefined)
    await findInputs(inputs, sources.exactStore, { tenant, directives, nowMs: incoming.at })
  const found = inputs === undefined ? await sources.exactStore.find(key, incoming.at) : inputs.whole()
  const outcome = found === undefined ? 'miss' : verdict.shadow ? 'shadow hit' : 'hit'
  return { ...told, outcome, reason: null, key, entry: found === undefined ? null : entryOf(found) }
}

function entryOf(found: RememberedAnswer): NonNullable<ExplainedCache['entry']> {
  const { provider, model, tier, createdAt, expiresAt, body } = found
  return {
    provider,
    model,
    tier: tier ?? null,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
    bytes: body.byteLength,
  }
}
