/** `/v1/rerank`, in the shape that Cohere, Jina and vLLM share: a row for each document, a score for each row. */
import { isObject } from '../../../openai/is-object.ts'
import { TensorFault } from '../../../tensors/tensor-fault.ts'
import { Refused } from '../refused.ts'
import type { RowAnswer } from '../row.ts'
import { numbersIn } from '../row-answers.ts'
import type { ReadTask } from '../task.ts'
import { json, usageOf } from '../task.ts'

const MOST_DOCUMENTS = 10_000

/** Takes `query` and `document`; tells `score`. */
export const readRerank: ReadTask = ({ body, newId }, { name, activation }) => {
  const { query } = body
  if (typeof query !== 'string') throw new Refused(400, 'query must be a text.', { param: 'query' })
  const documents = documentsOf(body.documents)
  const most = topOf(body.top_n, documents.length)
  return {
    rows: documents.map((document) => ({ query, document })),
    tell(answers, tokens) {
      const results = answers
        .map((answer, index) => ({ index, relevance_score: scoreIn(answer, activation) }))
        .sort((one, other) => other.relevance_score - one.relevance_score)
        .slice(0, most)
      const told =
        body.return_documents === true
          ? results.map((result) => ({ ...result, document: { text: documents[result.index] } }))
          : results
      return json({ id: `rerank-${newId()}`, model: name, results: told, ...usageOf(answers, tokens) })
    },
  }
}

function documentsOf(documents: unknown): readonly string[] {
  if (!Array.isArray(documents) || documents.length === 0 || documents.length > MOST_DOCUMENTS)
    throw new Refused(400, `documents must be a list of 1 to ${MOST_DOCUMENTS} texts.`, {
      param: 'documents',
    })
  return documents.map((document: unknown, index) => {
    const text = isObject(document) ? document.text : document
    if (typeof text === 'string') return text
    throw new Refused(400, `documents[${index}] must be a text, or have one.`, {
      param: `documents[${index}]`,
    })
  })
}

function topOf(asked: unknown, count: number): number {
  if (asked === undefined || asked === null) return count
  if (typeof asked === 'number' && Number.isInteger(asked) && asked >= 1) return asked
  throw new Refused(400, 'top_n must be a whole number, 1 or more.', { param: 'top_n' })
}

function scoreIn(answer: RowAnswer, activation: 'none' | 'sigmoid' | 'softmax'): number {
  const [score, ...others] = answer.get('score') === undefined ? [] : numbersIn(answer.get('score') as never)
  if (score === undefined || others.length > 0) throw new TensorFault('it told no single score a document')
  return activation === 'sigmoid' ? 1 / (1 + Math.exp(-score)) : score
}
