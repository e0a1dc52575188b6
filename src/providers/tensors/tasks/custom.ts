/** `/v1/custom/MODEL`: members of a JSON object in, those that the model's outputs are declared as out. */
import { isObject } from '../../../openai/is-object.ts'
import { isByteStrings } from '../../../tensors/datatype.ts'
import { Refused } from '../refused.ts'
import type { Row, RowAnswer, RowTensor, RowValue } from '../row.ts'
import { textsIn } from '../row-answers.ts'
import type { ReadTask } from '../task.ts'
import { json } from '../task.ts'
import { imageOf } from './images.ts'

/** Takes any member, deeper ones by their path (`customer.age`). */
export const readCustom: ReadTask = ({ body }, { inputs }) => {
  const row: Record<string, RowValue> = {}
  for (const { from, name, isImage } of inputs) {
    if (from === undefined) continue
    const value = memberAt(body, from)
    if (value === undefined)
      throw new Refused(400, `${from} is missing: the model's input ${name} is made of it.`, { param: from })
    if (isImage === true) {
      row[from] = imageOf(value, from)
      continue
    }
    if (!isRowValue(value))
      throw new Refused(400, `${from} must be a text, a number, a truth, or a list of them.`, { param: from })
    row[from] = value
  }
  return { rows: [row as Row], tell: ([answer]) => json(told(answer as RowAnswer)) }
}

function told(answer: RowAnswer): Record<string, unknown> {
  return Object.fromEntries([...answer].map(([name, tensor]) => [name, toldValue(tensor)]))
}

/** One value by itself, several as lists in the tensor's shape. */
function toldValue(tensor: RowTensor): unknown {
  const flat = isByteStrings(tensor.values)
    ? textsIn(tensor)
    : Array.from(tensor.values as Float64Array, (value) =>
        tensor.datatype === 'BOOL' ? Number(value) !== 0 : Number(value),
      )
  return flat.length === 1 ? flat[0] : nested(flat, tensor.shape)
}

function nested(flat: readonly unknown[], shape: readonly number[]): unknown {
  const [length = 0, ...rest] = shape
  if (rest.length === 0) return flat
  const size = rest.reduce((count, inner) => count * inner, 1)
  return Array.from({ length }, (_, index) => nested(flat.slice(index * size, (index + 1) * size), rest))
}

function memberAt(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
      body,
    )
}

function isRowValue(value: unknown): value is RowValue {
  if (Array.isArray(value)) return value.every(isRowValue)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
