/** Tensors as nested lists of JSON, of which neither datatype nor shape is told: TensorFlow Serving's and Vertex AI's. */
import { isObject } from '../openai/is-object.ts'
import { type Datatype, elementCount, isByteStrings, type Tensor, type Values } from './datatype.ts'
import { TensorFault } from './tensor-fault.ts'

/** More than any model's tensors have. */
const MOST_DIMENSIONS = 32

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Bytes that are no text, or where `asBase64` says so, become `{"b64": …}`; a shape of no lengths, the bare value.
 * @throws TensorFault for what JSON cannot say
 */
export function nestedOf({ datatype, shape, values }: Omit<Tensor, 'name'>, asBase64: boolean): unknown {
  if (elementCount(shape) !== values.length) throw new TensorFault('shape and values differ')
  const flat = isByteStrings(values)
    ? values.map((bytes) => (asBase64 ? { b64: base64(bytes) } : textOrBase64(bytes)))
    : Array.from(values as Float64Array, (value) => jsonNumber(datatype, value))
  return nested(flat, shape)
}

/** @throws TensorFault where lists of one depth differ in length, or values in kind */
export function tensorOfNested(name: string, value: unknown): Tensor {
  const shape = shapeOf(value)
  if (shape.length > MOST_DIMENSIONS)
    throw new TensorFault(`output ${name || 'of the model'} has ${shape.length} dimensions`)
  const flat = shape.length === 0 ? [value] : (value as unknown[]).flat(shape.length - 1 || undefined)
  if (flat.length !== elementCount(shape) || flat.some(Array.isArray))
    throw new TensorFault(`output ${name || 'of the model'} has rows of several lengths`)
  return { name, shape, ...typed(name, shape.length === 1 ? (value as unknown[]) : flat) }
}

/** As bytes of a text that is asked to be base64. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.byteLength; start += 0x8000)
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000))
  return btoa(text)
}

function nested(flat: readonly unknown[], shape: readonly number[]): unknown {
  const [length, ...rest] = shape
  if (length === undefined) return flat[0]
  if (rest.length === 0) return flat
  const size = elementCount(rest)
  return Array.from({ length }, (_, index) => nested(flat.slice(index * size, (index + 1) * size), rest))
}

function textOrBase64(bytes: Uint8Array): unknown {
  try {
    return strict.decode(bytes)
  } catch {
    return { b64: base64(bytes) }
  }
}

function jsonNumber(datatype: Datatype, value: number | bigint): unknown {
  if (datatype === 'BOOL') return value !== 0
  const number = Number(value)
  if (!Number.isFinite(number)) throw new TensorFault('a number is none that JSON can say')
  return number
}

function shapeOf(value: unknown): number[] {
  const shape: number[] = []
  for (let inner = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length)
  return shape
}

function typed(name: string, flat: readonly unknown[]): { datatype: Datatype; values: Values } {
  const [first] = flat
  if (flat.every((value) => typeof value === 'number'))
    return { datatype: 'FP64', values: Float64Array.from(flat as number[]) }
  if (typeof first === 'boolean' && flat.every((value) => typeof value === 'boolean'))
    return { datatype: 'BOOL', values: Uint8Array.from(flat as boolean[], Number) }
  return { datatype: 'BYTES', values: flat.map((value) => bytesOf(name, value)) }
}

function bytesOf(name: string, value: unknown): Uint8Array {
  if (typeof value === 'string') return encoder.encode(value)
  if (isObject(value) && typeof value.b64 === 'string') return bytesOfBase64(name, value.b64)
  throw new TensorFault(`output ${name || 'of the model'} mixes kinds of values`)
}

function bytesOfBase64(name: string, text: string): Uint8Array {
  let bytes: string
  try {
    bytes = atob(text)
  } catch {
    throw new TensorFault(`output ${name || 'of the model'} holds base64 that is none`)
  }
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0))
}
