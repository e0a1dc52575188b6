/** Whether a question that means the same would answer a request: what its layers say, and what is remembered. */
import { cacheDirectives } from '../../cache/cache-control.ts'
import type { SemanticCache } from '../../cache/semantic/semantic-cache.ts'
import type { SemanticPolicy } from '../../cache/semantic/semantic-policy.ts'
import type { ResolvedWorkflow } from '../../policy/resolve-workflow.ts'
import type { Incoming } from '../journey.ts'
import { questionOf } from '../memory/match.ts'
import type { KeySources } from '../memory/recording.ts'

/** Rates and risks are 0 to 1, times are ISO 8601. */
export interface ExplainedMeaning {
  mode: SemanticPolicy['mode']
  ttl_ms: number
  max_wrong_rate: number
  /** `shadow hit`: an answer is there that would do, and a provider is asked all the same. */
  outcome: 'hit' | 'shadow hit' | 'miss' | 'ineligible' | 'unknown'
  /** Why it is not eligible, why its candidate is not served, or why nobody looked. */
  reason: string | null
  /** What each layer said, in their order. */
  reasons: readonly string[]
  /** The remembered question whose answer is least likely to be wrong, served or not. */
  candidate: {
    id: string
    question: string
    similarity: number
    /** The verifier's chance that its answer is wrong here. */
    risk: number
    /** Who had the last word on how alike they are. */
    embedder: string
    created_at: string
    expires_at: string
  } | null
}

/** Undefined where it cannot be opened. */
export type MeaningSources = KeySources & { semanticCache(): Promise<SemanticCache | undefined> }

/** Null where its policy does not look for meaning. Nothing is counted, and nothing written. */
export async function explainMeaning(
  incoming: Incoming,
  resolved: ResolvedWorkflow,
  { registry, sha256, semanticCache }: MeaningSources,
): Promise<ExplainedMeaning | null> {
  const { semantic: policy } = resolved.policy.cache
  if (policy === undefined) return null
  const { mode, ttlMs, maxWrongRate } = policy
  const told = { mode, ttl_ms: ttlMs, max_wrong_rate: maxWrongRate }
  const not = (outcome: 'ineligible' | 'unknown', reason: string): ExplainedMeaning => {
    return { ...told, outcome, reason, reasons: [], candidate: null }
  }
  const cache = await semanticCache()
  if (cache === undefined) return not('unknown', 'its memory cannot be opened')
  const { embedderId } = cache
  const question = await questionOf(incoming, resolved, NO_WISHES, { registry, sha256, embedderId })
  if (typeof question === 'string') return not('ineligible', question)
  const look = await cache.look(question, policy, false)
  const { candidate, decision, reasons } = look
  const isThere = decision.serve && (await cache.answerOf(look)) !== undefined
  const hit = mode === 'shadow' ? 'shadow hit' : 'hit'
  return {
    ...told,
    outcome: isThere ? hit : 'miss',
    reason: isThere ? null : decision.serve ? 'its answer is gone' : decision.reason,
    reasons,
    candidate: candidate === undefined ? null : toldCandidate(candidate),
  }
}

const NO_WISHES = cacheDirectives(undefined)

type Candidate = NonNullable<Awaited<ReturnType<SemanticCache['look']>>['candidate']>

function toldCandidate({ neighbour, similarity, risk, embedderId }: Candidate) {
  return {
    id: neighbour.id,
    question: neighbour.question,
    similarity,
    risk,
    embedder: embedderId,
    created_at: new Date(neighbour.createdAtMs).toISOString(),
    expires_at: new Date(neighbour.expiresAtMs).toISOString(),
  }
}
