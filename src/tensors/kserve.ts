/** KServe's v2 inference requests and answers (Open Inference Protocol), with Triton's binary tensor data extension. */
import { concatenate } from '../openai/concatenate.ts'
import { isObject } from '../openai/is-object.ts'
import { binaryOf, valuesOf } from './binary-values.ts'
import { isDatatype, type Tensor } from './datatype.ts'
import { jsonOf, valuesOfJson } from './json-values.ts'
import { parseLooseJson } from './loose-json.ts'
import { TensorFault } from './tensor-fault.ts'

/** Bytes of the JSON before the tensors, where some are binary. */
export const HEADER_LENGTH = 'inference-header-content-length'

export interface InferBody {
  bytes: Uint8Array
  /** Undefined where all of it is JSON. */
  headerLength: number | undefined
}

/** `binary`: all tensors, both ways; otherwise those alone that JSON cannot say. */
export function inferRequest(
  inputs: readonly Tensor[],
  outputs: readonly string[],
  { binary }: { binary: boolean },
): InferBody {
  const blobs: Uint8Array[] = []
  const written = inputs.map(({ name, datatype, shape, values }) => {
    const start = `{"name":${JSON.stringify(name)},"shape":[${shape}],"datatype":"${datatype}",`
    const json = binary ? undefined : jsonOf(datatype, values)
    if (json !== undefined) return `${start}"data":${json}}`
    const blob = binaryOf(datatype, values)
    blobs.push(blob)
    return `${start}"parameters":{"binary_data_size":${blob.byteLength}}}`
  })
  const parameters = binary ? ',"parameters":{"binary_data":true}' : ''
  const asked = outputs.map((name) => `{"name":${JSON.stringify(name)}${parameters}}`)
  const text = `{"inputs":[${written.join(',')}],"outputs":[${asked.join(',')}]}`
  const header = new TextEncoder().encode(text)
  return blobs.length === 0
    ? { bytes: header, headerLength: undefined }
    : { bytes: concatenate([header, ...blobs]), headerLength: header.byteLength }
}

/**
 * `headerLength` as the answer's header says.
 * @throws TensorFault where it is no answer, or a tensor is not what it says
 */
export function inferAnswer(bytes: Uint8Array, headerLength: number | undefined): readonly Tensor[] {
  const end = headerLength ?? bytes.byteLength
  if (!(end >= 0 && end <= bytes.byteLength))
    throw new TensorFault(`its header says ${end} bytes of JSON, and ${bytes.byteLength} came`)
  const answer = parseLooseJson(new TextDecoder().decode(bytes.subarray(0, end)))
  if (!isObject(answer) || !Array.isArray(answer.outputs)) throw new TensorFault('it names no outputs')
  let at = end
  const tensors = answer.outputs.map((output: unknown) => {
    const { tensor, size } = readOutput(output, bytes.subarray(at))
    at += size
    return tensor
  })
  if (at !== bytes.byteLength)
    throw new TensorFault(`${bytes.byteLength - at} bytes came behind its last tensor`)
  return tensors
}

/** `size`: bytes taken of those behind the JSON. */
function readOutput(output: unknown, rest: Uint8Array): { tensor: Tensor; size: number } {
  if (!isObject(output) || typeof output.name !== 'string') throw new TensorFault('an output has no name')
  const { name, datatype, shape } = output
  if (!isDatatype(datatype)) throw new TensorFault(`output ${name} is of an unknown datatype`)
  if (!isShape(shape)) throw new TensorFault(`output ${name} has no shape`)
  const told = isObject(output.parameters) ? output.parameters.binary_data_size : undefined
  if (told === undefined)
    return { tensor: { name, datatype, shape, values: valuesOfJson(datatype, shape, output.data) }, size: 0 }
  if (typeof told !== 'number' || !(told >= 0 && told <= rest.byteLength))
    throw new TensorFault(`output ${name} says ${told} bytes, and ${rest.byteLength} came`)
  const values = valuesOf(datatype, shape, rest.subarray(0, told))
  return { tensor: { name, datatype, shape, values }, size: told }
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.every((length) => Number.isInteger(length) && length >= 0)
}
