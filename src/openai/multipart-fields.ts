/** The short text fields of a form, where their values lie, and the file that an endpoint asks for. */
import { Failure } from '../errors.ts'
import { decode, type FormPart, formParts } from './form-parts.ts'

export interface FormField extends Pick<FormPart, 'start' | 'end'> {
  value: string
}

/** Longer ones are no field that anything here reads. */
const MOST_VALUE_BYTES = 64 * 1024

/**
 * By name, the first of each; empty where the body is not what its type says.
 * @throws Failure `duplicate_key` where the model is named twice: servers differ in which they take
 */
export function multipartFields(bytes: Uint8Array, contentType: string): ReadonlyMap<string, FormField> {
  const fields = new Map<string, FormField>()
  let models = 0
  for (const { name, filename, start, end } of formParts(bytes, contentType)) {
    if (name === 'model' && ++models > 1)
      throw new Failure('duplicate_key', 'The form names `model` twice; send it once.', { param: 'model' })
    if (filename !== undefined || fields.has(name) || end - start > MOST_VALUE_BYTES) continue
    fields.set(name, { value: decode(bytes.subarray(start, end)), start, end })
  }
  return fields
}

/** What the first file of that name holds; undefined where there is none. */
export function multipartFile(bytes: Uint8Array, contentType: string, name: string): Uint8Array | undefined {
  for (const part of formParts(bytes, contentType))
    if (part.filename !== undefined && part.name === name) return bytes.subarray(part.start, part.end)
  return undefined
}
