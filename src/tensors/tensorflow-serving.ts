/** TensorFlow Serving's REST bodies: `:predict` by rows or by columns, `:classify`, `:regress`. Vertex AI's `:predict` is the first. */
import { isObject } from '../openai/is-object.ts'
import type { Tensor } from './datatype.ts'
import { parseLooseJson } from './loose-json.ts'
import { tensorOfNested } from './nested-values.ts'
import { TensorFault } from './tensor-fault.ts'

/** One row of a request: input → its value, nested as the model takes it. */
type Instance = Readonly<Record<string, unknown>>

export type TensorflowMethod = 'predict' | 'classify' | 'regress'

/** `columns`: of a model that knows no rows. */
export function predictRequest(
  asked: { instances: readonly Instance[] } | { columns: Instance },
  signature: string | undefined,
): Uint8Array {
  const named = signature === undefined ? {} : { signature_name: signature }
  return encoded('columns' in asked ? { ...named, inputs: asked.columns } : { ...named, ...asked })
}

export function examplesRequest(examples: readonly Instance[], signature: string | undefined): Uint8Array {
  return encoded({ ...(signature === undefined ? {} : { signature_name: signature }), examples })
}

/** A model of one output may leave its name out: the tensor has none then. @throws TensorFault */
export function tensorflowAnswer(method: TensorflowMethod, bytes: Uint8Array): readonly Tensor[] {
  const answer = parseLooseJson(new TextDecoder().decode(bytes))
  if (!isObject(answer)) throw new TensorFault('it is no JSON object')
  if (method !== 'predict') {
    const results = answer.results ?? answer.result
    if (!Array.isArray(results)) throw new TensorFault('it names no results')
    return method === 'regress' ? [tensorOfNested('value', results)] : classes(results)
  }
  if (answer.outputs !== undefined) return columns(answer.outputs)
  if (!Array.isArray(answer.predictions)) throw new TensorFault('it names no predictions')
  return rows(answer.predictions)
}

/** Of each example, pairs of label and score. */
function classes(results: readonly unknown[]): readonly Tensor[] {
  const pairs = results.map((row) => {
    if (!Array.isArray(row) || !row.every((pair) => Array.isArray(pair) && pair.length === 2))
      throw new TensorFault('a result is no list of labels and scores')
    return row as [string, number][]
  })
  return [
    tensorOfNested(
      'labels',
      pairs.map((row) => row.map(([label]) => label)),
    ),
    tensorOfNested(
      'scores',
      pairs.map((row) => row.map(([, score]) => score)),
    ),
  ]
}

function columns(outputs: unknown): readonly Tensor[] {
  if (!isNamed(outputs)) return [tensorOfNested('', outputs)]
  return Object.entries(outputs).map(([name, value]) => tensorOfNested(name, value))
}

function rows(predictions: readonly unknown[]): readonly Tensor[] {
  const [first] = predictions
  if (!isNamed(first)) return [tensorOfNested('', predictions)]
  return Object.keys(first).map((name) =>
    tensorOfNested(
      name,
      predictions.map((row) => (isObject(row) ? row[name] : undefined)),
    ),
  )
}

/** Not one that stands for bytes. */
function isNamed(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !(Object.keys(value).length === 1 && 'b64' in value)
}

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
