/** TensorFlow Serving's REST API. */
import { nestedOf } from '../../../tensors/nested-values.ts'
import {
  examplesRequest,
  predictRequest,
  type TensorflowMethod,
  tensorflowAnswer,
} from '../../../tensors/tensorflow-serving.ts'
import type { TensorDialect } from '../dialect.ts'
import { inputTensors } from '../input-tensors.ts'
import type { Row } from '../row.ts'
import { hasRows, type ServedModel } from '../served-model.ts'

export const TENSORFLOW_SERVING: TensorDialect = {
  ask(model, rows) {
    return {
      path: `${servablePath(model)}:${model.method}`,
      headers: ['content-type', 'application/json'],
      body: tensorflowBody(model, rows),
    }
  },
  read: (model, { body }) => ({ tensors: tensorflowAnswer(model.method as TensorflowMethod, body) }),
  usualOutputs: ({ method, serves }) => usualOutputs(method, serves),
}

export function servablePath({
  remoteName,
  version,
  label,
}: Pick<ServedModel, 'remoteName' | 'version' | 'label'>): string {
  const path = `/v1/models/${encodeURIComponent(remoteName)}`
  if (version !== undefined) return `${path}/versions/${encodeURIComponent(version)}`
  return label === undefined ? path : `${path}/labels/${encodeURIComponent(label)}`
}

/** @throws TensorFault */
export function tensorflowBody(model: ServedModel, rows: readonly Row[]): Uint8Array {
  const { method, signature } = model
  if (!hasRows(model)) return predictRequest({ columns: columnsOf(model, rows) }, signature)
  const instances = rows.map((row) => columnsOf(model, [row], 'row'))
  return method === 'predict'
    ? predictRequest({ instances }, signature)
    : examplesRequest(instances, signature)
}

/** `row`: without the length that says how many rows there are. */
function columnsOf(model: ServedModel, rows: readonly Row[], of?: 'row'): Record<string, unknown> {
  return Object.fromEntries(
    inputTensors(model, rows).map(({ name, datatype, shape, values }) => {
      const binding = model.inputs.find((input) => input.name === name)
      const lengths = of === undefined ? shape : shape.filter((_, index) => binding?.shape[index] !== 'rows')
      return [name, nestedOf({ datatype, shape: lengths, values }, binding?.from === 'file')]
    }),
  )
}

function usualOutputs(
  method: ServedModel['method'],
  serves: ServedModel['serves'],
): ReadonlyMap<string, string> {
  if (method === 'classify')
    return new Map([
      ['labels', 'labels'],
      ['scores', 'scores'],
    ])
  if (method === 'regress') return new Map([[serves === 'rerank' ? 'score' : 'value', 'value']])
  return new Map()
}
