/** A question with what each of its terms tells within one collection. */
import type { InstantEmbedder } from '../embedding/embedder.ts'
import type { Collection, PassageStore } from './passage-store.ts'
import { type QuestionReading, readQuestion } from './question.ts'

export interface WeighedQuestion extends QuestionReading {
  /** Inverse document frequency of each term, in nats; of a term that no passage holds, the highest. */
  weights: ReadonlyMap<string, number>
  totalWeight: number
  /** Terms that some passage holds. */
  known: readonly string[]
  vector: Float32Array
  /** As the contextual encoder has it; undefined where it did not answer, or is not to count. */
  meaning?: Float32Array | undefined
}

export function weighQuestion(
  text: string,
  { store, collection, embedder }: { store: PassageStore; collection: Collection; embedder: InstantEmbedder },
): WeighedQuestion {
  const reading = readQuestion(text)
  const counts = store.frequencies(collection, reading.terms)
  const weights = new Map<string, number>()
  let totalWeight = 0
  for (const [index, term] of reading.terms.entries()) {
    const weight = inverse(counts[index] ?? 0, collection.passages)
    weights.set(term, weight)
    totalWeight += weight
  }
  const known = reading.terms.filter((_, index) => (counts[index] ?? 0) > 0)
  return { ...reading, weights, totalWeight, known, vector: embedder.embed(text) }
}

/** As BM25 counts it (Robertson and Spärck Jones), never below a tenth. */
function inverse(holding: number, passages: number): number {
  return Math.max(0.1, Math.log(1 + (passages - holding + 0.5) / (holding + 0.5)))
}
