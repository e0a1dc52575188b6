/** Tensors of an answer → what it says of each row. */
import { elementCount, isByteStrings, type Tensor, type Values } from '../../tensors/datatype.ts'
import { TensorFault } from '../../tensors/tensor-fault.ts'
import type { RowAnswer, RowTensor } from './row.ts'

/** @throws TensorFault where a declared tensor did not come, or has not as many rows as were asked */
export function rowAnswers(
  tensors: readonly Tensor[],
  outputs: ReadonlyMap<string, string>,
  rows: number,
): readonly RowAnswer[] {
  const answers = Array.from({ length: rows }, () => new Map<string, RowTensor>())
  for (const [role, name] of outputs) {
    const tensor = tensors.find((one) => one.name === name) ?? onlyOne(tensors)
    if (tensor === undefined) throw new TensorFault(`it has no output ${name}`)
    const parts = rowsOf(tensor, rows)
    for (const [index, answer] of answers.entries()) answer.set(role, parts(index))
  }
  return answers
}

/** Numbers of one row; of a bigint tensor, too. @throws TensorFault for texts, and for what is no number */
export function numbersIn(row: RowTensor): readonly number[] {
  if (isByteStrings(row.values)) throw new TensorFault('an output of texts came where numbers are told')
  const numbers = Array.from(row.values as Float64Array, Number)
  if (!numbers.every(Number.isFinite)) throw new TensorFault('an output holds NaN or infinity')
  return numbers
}

/** @throws TensorFault for numbers */
export function textsIn(row: RowTensor): readonly string[] {
  if (!isByteStrings(row.values)) throw new TensorFault('an output of numbers came where texts are told')
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return row.values.map((bytes) => decoder.decode(bytes))
}

/** TensorFlow Serving leaves the name of a single output out. */
function onlyOne(tensors: readonly Tensor[]): Tensor | undefined {
  const [only] = tensors
  return tensors.length === 1 && only?.name === '' ? only : undefined
}

function rowsOf({ name, datatype, shape, values }: Tensor, rows: number): (index: number) => RowTensor {
  // A model that knows no rows answers of one thing alone, in whichever shape.
  if (rows === 1 && shape[0] !== 1) return () => ({ datatype, shape, values })
  if (shape[0] !== rows)
    throw new TensorFault(`output ${name} has ${shape[0] ?? 1} rows, and ${rows} were asked`)
  const rowShape = shape.slice(1)
  const size = elementCount(rowShape)
  return (index) => ({
    datatype,
    shape: rowShape,
    values: part(values, index * size, (index + 1) * size),
  })
}

function part(values: Values, start: number, end: number): Values {
  return isByteStrings(values) ? values.slice(start, end) : values.subarray(start, end)
}
