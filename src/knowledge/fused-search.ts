/** The passages that may answer a question: by words and by meaning, fused by their ranks. */
import { IndexUnavailable, type VectorIndex } from '../vectors/vector-index.ts'
import type { Collection, PassageStore } from './passage-store.ts'
import type { WeighedQuestion } from './weighed-question.ts'

/** Of each of both lists. */
const LISTED = 20
/** Reciprocal-rank fusion's constant (Cormack, Clarke and Büttcher, 2009). */
const DAMPING = 60
/** Terms that tell most; more cost time and find no others. */
const MOST_TERMS = 24

export interface SearchedIn {
  store: PassageStore
  collection: Collection
  /** Undefined where the collection's vectors are another embedder's. */
  index: VectorIndex | undefined
}

/** Numbers of passages, best first. A vector index that cannot be asked costs its list. @throws where the store cannot be read */
export async function fusedSearch(
  question: WeighedQuestion,
  where: SearchedIn,
  count: number,
  nowMs: number,
): Promise<readonly number[]> {
  const { store, collection } = where
  const byMeaning = await nearest(question, where, nowMs)
  const byWords = store.search(collection, tellingTerms(question), LISTED)
  const scores = new Map<number, number>()
  for (const list of [byWords, byMeaning]) {
    for (const [rank, number] of list.entries())
      scores.set(number, (scores.get(number) ?? 0) + 1 / (DAMPING + rank + 1))
  }
  return [...scores]
    .sort(([, one], [, two]) => two - one)
    .slice(0, count)
    .map(([number]) => number)
}

function tellingTerms({ known, weights }: WeighedQuestion): readonly string[] {
  if (known.length <= MOST_TERMS) return known
  return [...known].sort((one, two) => (weights.get(two) ?? 0) - (weights.get(one) ?? 0)).slice(0, MOST_TERMS)
}

async function nearest(
  { vector }: WeighedQuestion,
  { store, collection, index }: SearchedIn,
  nowMs: number,
): Promise<readonly number[]> {
  if (index === undefined) return []
  const query = { tenant: collection.tenant, partition: collection.name, vector, count: LISTED, nowMs }
  try {
    const found = await index.nearest(query)
    return found.flatMap(({ id }) => store.numberOf(collection, id) ?? [])
  } catch (error) {
    if (error instanceof IndexUnavailable) return []
    throw error
  }
}
