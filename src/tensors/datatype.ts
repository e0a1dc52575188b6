/** KServe's datatypes of tensors (Open Inference Protocol, "Tensor Data Types"), and the arrays that hold their elements. */

/** Bytes of an element as it lies in a binary tensor; those of `BYTES` have their length before them. */
const ELEMENT_BYTES = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BF16: 2,
  BYTES: undefined,
} as const

export type Datatype = keyof typeof ELEMENT_BYTES

export const DATATYPES = Object.keys(ELEMENT_BYTES) as [Datatype, ...Datatype[]]

/** Numbers of 64 bits are exact; those of 16 bits are widened. `BOOL` is 0 or 1. */
export type Values =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly Uint8Array[]

export interface Tensor {
  name: string
  datatype: Datatype
  shape: readonly number[]
  /** In row-major order. */
  values: Values
}

export function isDatatype(text: unknown): text is Datatype {
  return typeof text === 'string' && Object.hasOwn(ELEMENT_BYTES, text)
}

/** Undefined of `BYTES`, whose elements differ. */
export function elementBytes(datatype: Datatype): number | undefined {
  return ELEMENT_BYTES[datatype]
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, length) => count * length, 1)
}

/** What is said is a list of byte strings, as `BYTES` is. */
export function isByteStrings(values: Values): values is readonly Uint8Array[] {
  return Array.isArray(values)
}

/** An array of the kind that holds a datatype's numbers, all of them zero. */
export function numbersOf(
  datatype: Exclude<Datatype, 'BYTES'>,
  count: number,
): Exclude<Values, readonly Uint8Array[]> {
  switch (datatype) {
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(count)
    case 'UINT16':
      return new Uint16Array(count)
    case 'UINT32':
      return new Uint32Array(count)
    case 'UINT64':
      return new BigUint64Array(count)
    case 'INT8':
      return new Int8Array(count)
    case 'INT16':
      return new Int16Array(count)
    case 'INT32':
      return new Int32Array(count)
    case 'INT64':
      return new BigInt64Array(count)
    case 'FP16':
    case 'BF16':
    case 'FP32':
      return new Float32Array(count)
    case 'FP64':
      return new Float64Array(count)
  }
}
