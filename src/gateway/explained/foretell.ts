/** All that would happen to a request as things stand: where it goes, what memory holds, which limits and budgets count it. */

import type { Knowledge } from '../../knowledge/knowledge.ts'
import type { Gateway, Incoming } from '../journey.ts'
import { type Decided, decide, type ExplainSources, type Explanation, explanationOf } from './explain.ts'
import { type BudgetSources, type ExplainedBudget, explainBudgets } from './explained-budgets.ts'
import { type CacheSources, type ExplainedCache, explainCache } from './explained-cache.ts'
import { foretellDocuments } from './explained-documents.ts'
import { type ExplainedRate, explainRates } from './explained-rates.ts'

/** Members are those of `explain --json`. */
export interface Foretold extends Explanation {
  cache: ExplainedCache
  rate_limits: readonly ExplainedRate[]
  budgets: readonly ExplainedBudget[]
  /** What could not be looked at. */
  notes: readonly string[]
}

export type ForetellSources = ExplainSources &
  CacheSources &
  BudgetSources &
  Pick<Gateway, 'budgets'> & {
    /** Opened where a tier needs it. */
    knowledge(): Promise<Knowledge | undefined>
  }

const OWN_MEMORIES =
  'A caller that sends a credential of its own has a memory of its own; what is told here is of callers without.'

/** Nothing is sent, and nothing written. @throws Failure where no workflow can be told */
export async function foretell(
  incoming: Incoming,
  sources: ForetellSources,
  notes: readonly string[],
): Promise<Foretold> {
  const decided: Decided = decide(incoming, sources, { always: false, budgets: sources.budgets })
  const explanation = explanationOf(decided, incoming, sources)
  const cache = await explainCache(incoming, decided.resolved, sources)
  const isRemembered = cache.outcome === 'hit' || cache.semantic?.outcome === 'hit'
  const fromMemory = isRemembered && explanation.failure === null
  const bytesPerToken = sources.tokenRatios.bytesPerToken(decided.resolved.workflow)
  const documents =
    explanation.documents.length === 0
      ? []
      : await foretellDocuments(incoming, explanation.documents, await sources.knowledge())
  const { budgets, failure } = explainBudgets(incoming, decided, sources)
  return {
    ...explanation,
    documents,
    // Memory is asked before budgets are.
    failure: explanation.failure ?? (fromMemory ? null : failure),
    cache,
    rate_limits: explainRates(incoming, fromMemory, bytesPerToken),
    budgets,
    notes: sources.registry().passesCredentials ? [...notes, OWN_MEMORIES] : notes,
  }
}
