/** Elements of a tensor as JSON writes them: one flat list, or lists within lists; texts are UTF-8, truths `true` and `false`. */
import { type Datatype, elementCount, isByteStrings, numbersOf, type Values } from './datatype.ts'
import { TensorFault } from './tensor-fault.ts'

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined where JSON cannot say it: a number that is none, or bytes that are no text. */
export function jsonOf(datatype: Datatype, values: Values): string | undefined {
  if (isByteStrings(values)) return texts(values)
  if (datatype === 'BOOL') return `[${Array.from(values as Uint8Array, (value) => value !== 0).join(',')}]`
  if (values instanceof Float32Array || values instanceof Float64Array) {
    for (const value of values) if (!Number.isFinite(value)) return undefined
  }
  return `[${values.join(',')}]`
}

/** @throws TensorFault where the elements are not what datatype and shape say */
export function valuesOfJson(datatype: Datatype, shape: readonly number[], data: unknown): Values {
  const flat = flattened(data, shape.length)
  const count = elementCount(shape)
  if (flat.length !== count)
    throw new TensorFault(`${flat.length} elements came where shape [${shape}] takes ${count}`)
  if (datatype === 'BYTES') return flat.map(textOf)
  const values = numbersOf(datatype, count)
  for (let index = 0; index < count; index++) values[index] = numberOf(flat[index], values)
  return values
}

function texts(values: readonly Uint8Array[]): string | undefined {
  try {
    return JSON.stringify(values.map((value) => strict.decode(value)))
  } catch {
    return undefined
  }
}

/** Lists deeper than the shape stay, and are no elements. */
function flattened(data: unknown, depth: number): readonly unknown[] {
  if (!Array.isArray(data)) throw new TensorFault('data is no list')
  return data.some(Array.isArray) ? data.flat(depth) : data
}

function textOf(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw new TensorFault('an element of a BYTES tensor is no text')
  return encoder.encode(value)
}

/** As the array takes it: whole numbers of 64 bits as such. */
function numberOf(value: unknown, into: object): never {
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number !== 'number') throw new TensorFault('an element is no number')
  const isWide = into instanceof BigInt64Array || into instanceof BigUint64Array
  if (!isWide) return number as never
  if (!Number.isInteger(number)) throw new TensorFault('an element is no whole number')
  return BigInt(number) as never
}
