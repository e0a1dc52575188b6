/** Rows of a request → the tensors that its model declares. */
import { type Datatype, elementCount, numbersOf, type Tensor, type Values } from '../../tensors/datatype.ts'
import { TensorFault } from '../../tensors/tensor-fault.ts'
import type { Row, RowValue } from './row.ts'
import type { InputBinding, ServedModel } from './served-model.ts'

const encoder = new TextEncoder()

/** The largest that is no infinity once it is rounded. */
const MOST_FP32 = (2 - 2 ** -23) * 2 ** 127
const MOST_BF16 = (2 - 2 ** -7) * 2 ** 127

/** Least and most of each datatype; of 64 bits those that a number of JSON tells exactly. */
const RANGES: Readonly<Record<Exclude<Datatype, 'BYTES'>, readonly [least: number, most: number]>> = {
  BOOL: [0, 1],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  FP16: [-65_504, 65_504],
  BF16: [-MOST_BF16, MOST_BF16],
  FP32: [-MOST_FP32, MOST_FP32],
  FP64: [-Number.MAX_VALUE, Number.MAX_VALUE],
}

/** What a row lacks is left out, where every row lacks it. @throws TensorFault for a value that does not fit */
export function inputTensors({ inputs }: Pick<ServedModel, 'inputs'>, rows: readonly Row[]): Tensor[] {
  return inputs.flatMap((input) => {
    const values = valuesFor(input, rows)
    return values === undefined ? [] : [tensorOf(input, values)]
  })
}

/** Calls are joined only where this is the same: the lengths of what is not one value. */
export function rowForm({ inputs }: Pick<ServedModel, 'inputs'>, row: Row): string {
  return inputs
    .map((input) => {
      const value = valueFor(input, row)
      if (value === undefined) return '-'
      return typeof value === 'object' && !(value instanceof Uint8Array) ? countOf(value) : 1
    })
    .join(' ')
}

/** One value for each row, or one for all where the tensor knows no rows. */
function valuesFor(input: InputBinding, rows: readonly Row[]): readonly RowValue[] | undefined {
  const asked = input.shape.includes('rows') ? rows : rows.slice(0, 1)
  const values = asked.map((row) => valueFor(input, row))
  if (values.every((value) => value === undefined)) return undefined
  if (values.includes(undefined)) throw new TensorFault(`input ${input.name} is missing in one of the rows`)
  return values as RowValue[]
}

function valueFor({ from, value }: InputBinding, row: Row): RowValue | undefined {
  return from === undefined ? (value as RowValue) : row[from]
}

function tensorOf(input: InputBinding, rows: readonly RowValue[]): Tensor {
  const { name, shape: declared } = input
  const datatype = input.datatype ?? datatypeOf(rows[0])
  const count = countOf(rows[0] as RowValue)
  if (rows.some((row) => countOf(row) !== count))
    throw new TensorFault(`rows of input ${name} differ in length`)
  const known = declared.reduce<number>(
    (product, length) => (typeof length === 'number' ? product * length : product),
    1,
  )
  const shape = declared.map((length) => {
    if (length === 'rows') return rows.length
    return length === 'any' ? count / known : length
  })
  const total = elementCount(shape)
  if (!Number.isInteger(total) || total !== count * rows.length)
    throw new TensorFault(`input ${name} takes ${shapeText(declared)}, and ${count} values a row came`)
  return { name, datatype, shape, values: filled(name, datatype, rows, total) }
}

function filled(name: string, datatype: Datatype, rows: readonly RowValue[], total: number): Values {
  if (datatype === 'BYTES') return rows.flatMap((row) => flattened(row).map((value) => bytesOf(name, value)))
  const [first] = rows
  if (datatype === 'FP32' && first instanceof Float32Array && rows.length === 1) return first
  const values = numbersOf(datatype, total)
  const isWide = values instanceof BigInt64Array || values instanceof BigUint64Array
  let at = 0
  for (const row of rows) {
    for (const value of row instanceof Float32Array ? row : flattened(row)) {
      const number = numberIn(name, datatype, value)
      values[at++] = (isWide ? BigInt(number) : number) as never
    }
  }
  return values
}

function numberIn(name: string, datatype: Exclude<Datatype, 'BYTES'>, value: RowValue): number {
  const number = typeof value === 'boolean' ? Number(value) : value
  if (typeof number !== 'number') throw new TensorFault(`input ${name} takes ${datatype}, not a text`)
  if (/INT/.test(datatype) && !Number.isSafeInteger(number))
    throw new TensorFault(`input ${name} takes whole numbers, not ${number}`)
  const [least, most] = RANGES[datatype]
  // An array of numbers would wrap it, or make infinity of it, without a word.
  if (!(number >= least && number <= most))
    throw new TensorFault(`input ${name} takes ${datatype}, from ${least} to ${most}, not ${number}`)
  return number
}

function bytesOf(name: string, value: RowValue): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'object') throw new TensorFault(`input ${name} takes texts`)
  return encoder.encode(String(value))
}

function flattened(value: RowValue): readonly RowValue[] {
  if (!Array.isArray(value)) return value instanceof Float32Array ? Array.from(value) : [value]
  return value.flatMap(flattened)
}

function countOf(value: RowValue): number {
  if (value instanceof Float32Array) return value.length
  return Array.isArray(value) ? value.reduce<number>((count, inner) => count + countOf(inner), 0) : 1
}

function datatypeOf(value: RowValue | undefined): Datatype {
  if (value instanceof Float32Array) return 'FP32'
  const [first = ''] = value === undefined ? [] : flattened(value)
  if (typeof first === 'number') return 'FP32'
  return typeof first === 'boolean' ? 'BOOL' : 'BYTES'
}

function shapeText(shape: InputBinding['shape']): string {
  return `[${shape.join(', ')}]`
}
