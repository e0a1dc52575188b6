/** One thing that a model is asked, and what it answers of it: a row of its tensors. */
import type { Tensor } from '../../tensors/datatype.ts'

export type RowValue = string | number | boolean | Uint8Array | Float32Array | readonly RowValue[]

/** By the names that bindings take values from. */
export type Row = Readonly<Record<string, RowValue | undefined>>

export type RowTensor = Omit<Tensor, 'name'>

/** By what of the answer it is. */
export type RowAnswer = ReadonlyMap<string, RowTensor>
