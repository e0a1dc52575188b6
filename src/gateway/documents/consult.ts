/** Asks the documents that a plan names, before any model: the first tier that is sure enough answers. */
import type { CitedPassage, Found, Knowledge } from '../../knowledge/knowledge.ts'
import type { KnowledgeNote } from '../../metering/decision.ts'
import { outputBound } from '../../openai/output-bound.ts'
import { stopSequencesOf } from '../../openai/stop-sequences-of.ts'
import type { DocumentsTier } from '../../routing/plan.ts'
import type { Journey } from '../journey.ts'
import { composed } from './compose.ts'
import { answerTokens, type DocumentsAnswer, placeOf, toldText } from './documents-answer.ts'
import { documentsQuestion } from './documents-question.ts'

const ABSENT = 'this trimtab has no documents'

/** Undefined where all of them abstain; why is in the decision record. */
export async function consult(
  journey: Journey,
  tiers: readonly DocumentsTier[],
): Promise<DocumentsAnswer | undefined> {
  const { entry, gateway, incoming } = journey
  // An audit asks what a model says.
  if (tiers.length === 0 || entry.cache === 'audit') return undefined
  const notes: KnowledgeNote[] = []
  entry.decision.knowledge = notes
  const question = documentsQuestion(incoming.request)
  const knowledge = gateway.knowledge()
  for (const tier of tiers) {
    const reason = knowledge === undefined ? ABSENT : 'reason' in question ? question.reason : undefined
    if (knowledge === undefined || 'reason' in question) {
      notes.push(abstained(tier, reason ?? '', undefined, []))
      continue
    }
    const answer = await ofTier(journey, tier, knowledge, question.text, notes)
    if (answer !== undefined) return answer
  }
  return undefined
}

async function ofTier(
  journey: Journey,
  tier: DocumentsTier,
  knowledge: Knowledge,
  question: string,
  notes: KnowledgeNote[],
): Promise<DocumentsAnswer | undefined> {
  const { collection, minConfidence, mode } = tier.documents
  const { tenant } = journey.incoming.principal
  const found = await knowledge.ask({ question, collection, tenant, minConfidence })
  if (found.kind === 'abstains') {
    notes.push(abstained(tier, found.reason, found.confidence, found.passages))
    return undefined
  }
  const phrased = mode === 'quote' ? quoted(found) : await composed(journey, tier, question, found)
  const why = 'reason' in phrased ? phrased.reason : whyUnfit(journey, phrased)
  if (why !== undefined || 'reason' in phrased) {
    notes.push(abstained(tier, why ?? '', found.confidence, found.passages))
    return undefined
  }
  notes.push({
    tier: tier.name,
    collection,
    outcome: 'answered',
    reason: mode === 'quote' ? 'quoted' : 'phrased from its passages',
    confidence: rounded(found.confidence),
    passages: idsOf(phrased.passages),
  })
  return { tier: tier.name, collection, confidence: found.confidence, ...phrased }
}

function quoted({ quote, passages }: Extract<Found, { kind: 'found' }>) {
  return { text: quote, passages: [passages[0]], places: [placeOf(passages[0])], costNanoUsd: 0 }
}

/** A caller that bounds the answer, or ends it at a text, is not told half of a quote. */
function whyUnfit(
  { incoming, maxTokens }: Journey,
  answer: Pick<DocumentsAnswer, 'text' | 'places'>,
): string | undefined {
  const { request } = incoming
  const most = outputBound(request, maxTokens)
  if (most !== undefined && answerTokens(answer.text) > most)
    return `its answer is longer than ${most} tokens`
  const told = toldText(answer)
  return stopSequencesOf(request).some((stop) => told.includes(stop))
    ? 'its answer holds a stop sequence of the request'
    : undefined
}

function abstained(
  { name, documents }: DocumentsTier,
  reason: string,
  confidence: number | undefined,
  passages: readonly CitedPassage[],
): KnowledgeNote {
  const told = confidence === undefined ? {} : { confidence: rounded(confidence) }
  return {
    tier: name,
    collection: documents.collection,
    outcome: 'abstained',
    reason,
    ...told,
    passages: idsOf(passages.slice(0, 1)),
  }
}

function idsOf(passages: readonly CitedPassage[]): string[] {
  return passages.map(({ id }) => id)
}

function rounded(confidence: number): number {
  return Math.round(confidence * 1000) / 1000
}
