/** What tiers of documents would make of a request. */
import type { Knowledge } from '../../knowledge/knowledge.ts'
import type { DocumentsTier } from '../../routing/plan.ts'
import { placeOf } from '../documents/documents-answer.ts'
import { documentsQuestion } from '../documents/documents-question.ts'
import type { Incoming } from '../journey.ts'

/** Members are those of `explain --json`. */
export interface ExplainedDocuments {
  tier: string
  collection: string
  mode: 'quote' | 'compose'
  /** Null: the one that ships. */
  min_confidence: number | null
  /** Null where they were not asked. */
  outcome: 'answers' | 'abstains' | 'not reached' | null
  reason: string | null
  confidence: number | null
  /** `file:line` of the best passage. */
  source: string | null
}

export function explainDocuments({ name, documents }: DocumentsTier): ExplainedDocuments {
  const { collection, mode, minConfidence } = documents
  return {
    tier: name,
    collection,
    mode,
    min_confidence: minConfidence ?? null,
    outcome: null,
    reason: null,
    confidence: null,
    source: null,
  }
}

/** Asks them, in their order, as the request would. */
export async function foretellDocuments(
  { request, principal }: Pick<Incoming, 'request' | 'principal'>,
  tiers: readonly ExplainedDocuments[],
  knowledge: Knowledge | undefined,
): Promise<readonly ExplainedDocuments[]> {
  const question = documentsQuestion(request)
  const told: ExplainedDocuments[] = []
  for (const tier of tiers) {
    if (told.some(({ outcome }) => outcome === 'answers')) told.push({ ...tier, outcome: 'not reached' })
    else if ('reason' in question) told.push({ ...tier, outcome: 'abstains', reason: question.reason })
    else if (knowledge === undefined)
      told.push({ ...tier, outcome: 'abstains', reason: 'there are no documents here' })
    else told.push(await foretold(tier, question.text, principal.tenant, knowledge))
  }
  return told
}

async function foretold(
  tier: ExplainedDocuments,
  question: string,
  tenant: string,
  knowledge: Knowledge,
): Promise<ExplainedDocuments> {
  const { collection, min_confidence } = tier
  const found = await knowledge.ask({
    question,
    collection,
    tenant,
    minConfidence: min_confidence ?? undefined,
  })
  const [best] = found.passages
  return {
    ...tier,
    outcome: found.kind === 'found' ? 'answers' : 'abstains',
    reason: found.kind === 'found' ? null : found.reason,
    confidence: found.confidence ?? null,
    source: best === undefined ? null : placeOf(best),
  }
}
