/** Vertex AI's prediction endpoints: `:predict` takes instances, `:rawPredict` what the container takes, which is KServe's v2 for Triton's. */
import { inferAnswer, inferRequest } from '../../../tensors/kserve.ts'
import { tensorflowAnswer } from '../../../tensors/tensorflow-serving.ts'
import { headerValue } from '../../transport.ts'
import type { TensorCall, TensorDialect } from '../dialect.ts'
import { inputTensors } from '../input-tensors.ts'
import type { Row } from '../row.ts'
import type { ServedModel } from '../served-model.ts'
import { tensorflowBody } from './tensorflow-serving.ts'

/** As Triton says on Vertex AI, where a header of its own would not pass, how long the JSON before the tensors is. */
const BINARY_TYPE = 'application/vnd.vertex-ai-triton.binary+json;json-header-size='

export const VERTEX: TensorDialect = {
  ask: (model, rows) => (model.method === 'raw_predict' ? rawCall(model, rows) : predictCall(model, rows)),
  read({ method }, { headers, body }) {
    if (method !== 'raw_predict') return { tensors: tensorflowAnswer('predict', body) }
    const type = headerValue(headers, 'content-type') ?? ''
    const length = type.startsWith(BINARY_TYPE) ? Number(type.slice(BINARY_TYPE.length)) : undefined
    return { tensors: inferAnswer(body, length) }
  },
  usualOutputs: () => new Map(),
}

export function endpointPath({ remoteName }: Pick<ServedModel, 'remoteName'>): string {
  return `/endpoints/${encodeURIComponent(remoteName)}`
}

function predictCall(model: ServedModel, rows: readonly Row[]): TensorCall {
  return {
    path: `${endpointPath(model)}:predict`,
    headers: ['content-type', 'application/json'],
    body: tensorflowBody({ ...model, signature: undefined }, rows),
  }
}

function rawCall(model: ServedModel, rows: readonly Row[]): TensorCall {
  const { bytes, headerLength } = inferRequest(
    inputTensors(model, rows),
    [...new Set(model.outputs.values())],
    model,
  )
  const type = headerLength === undefined ? 'application/json' : `${BINARY_TYPE}${headerLength}`
  return { path: `${endpointPath(model)}:rawPredict`, headers: ['content-type', type], body: bytes }
}
