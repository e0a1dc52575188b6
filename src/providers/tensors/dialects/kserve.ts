/** KServe's v2 inference protocol: Triton, and any other server that speaks it. */
import { HEADER_LENGTH, inferAnswer, inferRequest } from '../../../tensors/kserve.ts'
import { headerValue } from '../../transport.ts'
import type { TensorDialect } from '../dialect.ts'
import { inputTensors } from '../input-tensors.ts'
import type { ServedModel } from '../served-model.ts'

export const KSERVE: TensorDialect = {
  ask(model, rows) {
    const { bytes, headerLength } = inferRequest(
      inputTensors(model, rows),
      [...new Set(model.outputs.values())],
      model,
    )
    const headers =
      headerLength === undefined
        ? ['content-type', 'application/json']
        : ['content-type', 'application/octet-stream', HEADER_LENGTH, String(headerLength)]
    return { path: `${modelPath(model)}/infer`, headers, body: bytes }
  },
  read(_, { headers, body }) {
    const length = headerValue(headers, HEADER_LENGTH)
    return { tensors: inferAnswer(body, length === undefined ? undefined : Number(length)) }
  },
  usualOutputs: () => new Map(),
}

/** Of one version where it is named; else of that which the server's own policy takes. */
export function modelPath({ remoteName, version }: Pick<ServedModel, 'remoteName' | 'version'>): string {
  const path = `/v2/models/${encodeURIComponent(remoteName)}`
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`
}
