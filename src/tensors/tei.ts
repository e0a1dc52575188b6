/** Text Embeddings Inference's own bodies: `/embed`, `/rerank` and `/predict`. */
import { isObject } from '../openai/is-object.ts'
import { parseJson } from '../openai/parse-json.ts'
import type { Tensor } from './datatype.ts'
import { tensorOfNested } from './nested-values.ts'
import { TensorFault } from './tensor-fault.ts'

export type TeiPath = '/embed' | '/rerank' | '/predict'

export function embedRequest(texts: readonly string[]): Uint8Array {
  return encoded({ inputs: texts, truncate: true })
}

export function rerankRequest(query: string, texts: readonly string[]): Uint8Array {
  return encoded({ query, texts, truncate: true })
}

/** Each text in a list of its own: two texts in one list are a pair. */
export function classifyRequest(texts: readonly string[]): Uint8Array {
  return encoded({ inputs: texts.map((text) => [text]), truncate: true })
}

/** `embedding`, `score`, or `labels` and `scores`, a row for each text in the order asked. @throws TensorFault */
export function teiAnswer(path: TeiPath, bytes: Uint8Array): readonly Tensor[] {
  const answer = parseJson(new TextDecoder().decode(bytes))
  if (!Array.isArray(answer)) throw new TensorFault('it is no list')
  if (path === '/embed') return [tensorOfNested('embedding', answer)]
  return path === '/rerank' ? [scoresInOrder(answer)] : classes(answer)
}

/** Told best first. */
function scoresInOrder(ranks: readonly unknown[]): Tensor {
  const scores: unknown[] = new Array(ranks.length).fill(undefined)
  for (const rank of ranks) {
    if (!isObject(rank) || !Number.isInteger(rank.index)) throw new TensorFault('a rank has no index')
    const index = rank.index as number
    // One beyond the list would make it longer: by four thousand million holes, each of which is gone through.
    if (index < 0 || index >= scores.length)
      throw new TensorFault(`a rank has index ${index}, and ${scores.length} ranks came`)
    scores[index] = rank.score
  }
  return tensorOfNested('score', scores)
}

function classes(rows: readonly unknown[]): readonly Tensor[] {
  const read = rows.map((row) => {
    if (!Array.isArray(row) || !row.every(isObject)) throw new TensorFault('a row is no list of classes')
    // Told likeliest first: in one order, so that every row has the same columns.
    return row.toSorted((one, other) => (String(one.label) < String(other.label) ? -1 : 1))
  })
  return [
    tensorOfNested(
      'labels',
      read.map((row) => row.map(({ label }) => label)),
    ),
    tensorOfNested(
      'scores',
      read.map((row) => row.map(({ score }) => score)),
    ),
  ]
}

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
