/** Elements of a tensor as they lie in a binary body (Triton's binary tensor data extension): little-endian, row by row. */
import {
  type Datatype,
  elementBytes,
  elementCount,
  isByteStrings,
  numbersOf,
  type Values,
} from './datatype.ts'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half-float.ts'
import { TensorFault } from './tensor-fault.ts'

const LENGTH_BYTES = 4

export function binaryOf(datatype: Datatype, values: Values): Uint8Array {
  if (isByteStrings(values)) return binaryStrings(values)
  if (datatype === 'FP16') return halves(values as Float32Array, toFloat16)
  if (datatype === 'BF16') return halves(values as Float32Array, toBfloat16)
  // Every machine that runs JavaScript is little-endian, as the tensors are.
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** @throws TensorFault where the bytes are more or fewer than datatype and shape say */
export function valuesOf(datatype: Datatype, shape: readonly number[], bytes: Uint8Array): Values {
  const count = elementCount(shape)
  if (datatype === 'BYTES') return byteStrings(bytes, count)
  const expected = count * (elementBytes(datatype) as number)
  if (bytes.byteLength !== expected) {
    throw new TensorFault(
      `${bytes.byteLength} bytes came where ${datatype} of shape [${shape}] takes ${expected}`,
    )
  }
  // A copy, because a view needs its first byte at a multiple of the element's size. (`slice` of a Buffer makes none.)
  const { buffer } = new Uint8Array(bytes)
  if (datatype === 'FP16') return widened(new Uint16Array(buffer), fromFloat16)
  if (datatype === 'BF16') return widened(new Uint16Array(buffer), fromBfloat16)
  const numbers = numbersOf(datatype, 0).constructor as new (buffer: ArrayBuffer) => Values
  return new numbers(buffer)
}

function binaryStrings(values: readonly Uint8Array[]): Uint8Array {
  const size = values.reduce((bytes, value) => bytes + LENGTH_BYTES + value.byteLength, 0)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const value of values) {
    view.setUint32(at, value.byteLength, true)
    bytes.set(value, at + LENGTH_BYTES)
    at += LENGTH_BYTES + value.byteLength
  }
  return bytes
}

function byteStrings(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const strings: Uint8Array[] = []
  let at = 0
  while (at < bytes.byteLength) {
    const start = at + LENGTH_BYTES
    const end = start <= bytes.byteLength ? start + view.getUint32(at, true) : Number.POSITIVE_INFINITY
    if (end > bytes.byteLength) throw new TensorFault('a text of a BYTES tensor is longer than the tensor')
    strings.push(bytes.subarray(start, end))
    at = end
  }
  if (strings.length !== count)
    throw new TensorFault(`${strings.length} texts came where the shape of a BYTES tensor says ${count}`)
  return strings
}

function halves(values: Float32Array, half: (value: number) => number): Uint8Array {
  const bytes = new Uint16Array(values.length)
  for (let index = 0; index < values.length; index++) bytes[index] = half(values[index] as number)
  return new Uint8Array(bytes.buffer)
}

function widened(bytes: Uint16Array, whole: (half: number) => number): Float32Array {
  const values = new Float32Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) values[index] = whole(bytes[index] as number)
  return values
}
