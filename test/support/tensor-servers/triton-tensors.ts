/** Tensors as the double of Triton reads and writes them: by itself, so that what trimtab sends is held to another reading. */
import { Refusal } from './serve.ts'

export interface Declared {
  name: string
  datatype: string
  /** -1 is any length. */
  shape: readonly number[]
}

export interface Given {
  shape: readonly number[]
  /** Numbers, truths or texts, row by row; bytes that are no text as they are. */
  values: readonly unknown[]
}

interface Wire {
  name: string
  datatype: string
  shape: number[]
  data?: unknown
  parameters?: { binary_data_size?: number }
}

const READERS: Readonly<Record<string, [number, (bytes: Buffer, at: number) => unknown]>> = {
  BOOL: [1, (bytes, at) => bytes.readUInt8(at) !== 0],
  UINT8: [1, (bytes, at) => bytes.readUInt8(at)],
  UINT16: [2, (bytes, at) => bytes.readUInt16LE(at)],
  UINT32: [4, (bytes, at) => bytes.readUInt32LE(at)],
  UINT64: [8, (bytes, at) => bytes.readBigUInt64LE(at)],
  INT8: [1, (bytes, at) => bytes.readInt8(at)],
  INT16: [2, (bytes, at) => bytes.readInt16LE(at)],
  INT32: [4, (bytes, at) => bytes.readInt32LE(at)],
  INT64: [8, (bytes, at) => bytes.readBigInt64LE(at)],
  FP32: [4, (bytes, at) => bytes.readFloatLE(at)],
  FP64: [8, (bytes, at) => bytes.readDoubleLE(at)],
}

/** What an input holds, where it is as the model declares it. @throws Refusal as Triton's core refuses it */
export function givenInput(model: string, declared: Declared, wire: Wire, blob: Buffer | undefined): Given {
  const { name, datatype, shape } = wire
  if (datatype !== declared.datatype)
    throw new Refusal(
      400,
      `inference input '${name}' data-type is '${datatype}', but model '${model}' expects '${declared.datatype}'`,
    )
  const fits =
    shape.length === declared.shape.length &&
    shape.every((length, index) => declared.shape[index] === -1 || declared.shape[index] === length)
  if (!fits)
    throw new Refusal(
      400,
      `unexpected shape for input '${name}' for model '${model}'. Expected [${declared.shape}], got [${shape}]`,
    )
  const count = shape.reduce((product, length) => product * length, 1)
  const values =
    blob === undefined ? flat(wire.data) : datatype === 'BYTES' ? texts(blob) : numbers(datatype, blob)
  if (values.length !== count) {
    const size = READERS[datatype]?.[0] ?? 1
    throw new Refusal(
      400,
      `input byte size mismatch for input '${name}' for model '${model}'. Expected ${count * size}, got ${values.length * size}`,
    )
  }
  return { shape, values }
}

/** `binary`: as bytes behind the JSON. */
export function writtenOutput({ name, datatype }: Declared, { shape, values }: Given, binary: boolean) {
  const wire = { name, datatype, shape }
  if (!binary) return { wire: { ...wire, data: values }, blob: Buffer.alloc(0) }
  const blob = datatype === 'BYTES' ? textBytes(values as string[]) : floatBytes(values as number[], datatype)
  return { wire: { ...wire, parameters: { binary_data_size: blob.byteLength } }, blob }
}

function flat(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data.flat(Number.POSITIVE_INFINITY) : []
}

function numbers(datatype: string, blob: Buffer): unknown[] {
  const [size, read] = READERS[datatype] ?? [1, () => undefined]
  return Array.from({ length: Math.floor(blob.byteLength / size) }, (_, index) => read(blob, index * size))
}

function texts(blob: Buffer): (string | Buffer)[] {
  const values: (string | Buffer)[] = []
  for (let at = 0; at < blob.byteLength; ) {
    const length = blob.readUInt32LE(at)
    const bytes = blob.subarray(at + 4, at + 4 + length)
    values.push(Buffer.from(bytes.toString()).equals(bytes) ? bytes.toString() : bytes)
    at += 4 + length
  }
  return values
}

function textBytes(values: readonly string[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = Buffer.from(value)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.byteLength)
      return [length, bytes]
    }),
  )
}

function floatBytes(values: readonly number[], datatype: string): Buffer {
  return datatype === 'INT32'
    ? Buffer.from(Int32Array.from(values).buffer)
    : Buffer.from(Float32Array.from(values).buffer)
}
