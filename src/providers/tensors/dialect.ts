/** What each dialect of tensors has to say: how rows are asked, and how what came is read. */
import type { Tensor } from '../../tensors/datatype.ts'
import type { HeaderList } from '../transport.ts'
import type { Row } from './row.ts'
import type { ServedModel } from './served-model.ts'

export interface TensorCall {
  /** Below the base path. */
  path: string
  /** With the type of the body. */
  headers: HeaderList
  body: Uint8Array
}

export interface TensorAnswer {
  status: number
  headers: HeaderList
  body: Uint8Array
}

export interface TensorDialect {
  /** @throws TensorFault for rows that no tensor can be made of */
  ask(model: ServedModel, rows: readonly Row[]): TensorCall
  /** Of a 2xx. `tokens`: what the server counted, where it says so. @throws TensorFault */
  read(model: ServedModel, answer: TensorAnswer): { tensors: readonly Tensor[]; tokens?: number | undefined }
  /** Which of a model's outputs are there without being declared. */
  usualOutputs(model: Pick<ServedModel, 'serves' | 'method'>): ReadonlyMap<string, string>
  /** What rows must share besides their form to be asked in one call. */
  shared?(row: Row): string
}
