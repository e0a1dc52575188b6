/** One request to an endpoint of OpenAI's, as rows for a model, and how its answer is told. */
import type { Row, RowAnswer } from './row.ts'
import type { ServedModel } from './served-model.ts'

/** What a caller sent, parsed. */
export interface Asked {
  endpoint: string
  /** Of a form its short fields, as texts. */
  body: Readonly<Record<string, unknown>>
  /** Of a form. */
  file: Uint8Array | undefined
  /** For what a provider names anew with each answer. */
  newId(): string
  /** Unix seconds. */
  nowSeconds: number
}

export interface Told {
  contentType: string
  body: Uint8Array
}

interface Task {
  /** At least one. */
  rows: readonly Row[]
  /** `tokens`: of all rows, where the server counted them. @throws TensorFault, Refused */
  tell(answers: readonly RowAnswer[], tokens: number | undefined): Told
}

/** @throws Refused */
export type ReadTask = (asked: Asked, model: ServedModel) => Task

export function json(value: unknown): Told {
  return { contentType: 'application/json', body: new TextEncoder().encode(JSON.stringify(value)) }
}

/** As every endpoint of texts tells it; nothing where nobody counted. */
export function usageOf(
  answers: readonly RowAnswer[],
  tokens: number | undefined,
): { usage?: { prompt_tokens: number; total_tokens: number } } {
  const counted = tokens ?? countedIn(answers)
  return counted === undefined ? {} : { usage: { prompt_tokens: counted, total_tokens: counted } }
}

/** By an output of the model's that says how many each row took. */
function countedIn(answers: readonly RowAnswer[]): number | undefined {
  let sum = 0
  for (const answer of answers) {
    const values = answer.get('tokens')?.values
    const [count] = values === undefined ? [] : (values as ArrayLike<unknown> & Iterable<unknown>)
    if (typeof count !== 'number' && typeof count !== 'bigint') return undefined
    sum += Number(count)
  }
  return Math.max(0, Math.round(sum))
}
