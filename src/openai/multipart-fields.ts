/** The short text fields of a form, where their values lie, and the file that an endpoint asks for. */
import { decode, type FormPart, formParts } from './form-parts.ts'

export interface FormField extends Pick<FormPart, 'start' | 'end'> {
  value: string
}

/** Longer ones are no field that anything here reads. */
const MOST_VALUE_BYTES = 64 * 1024

/** By name, the first of each; empty where the body is not what its type says. */
export function multipartFields(bytes: Uint8Array, contentType: string): ReadonlyMap<string, FormField> {
  const fields = new Map<string, FormField>()
  for (const { name, filename, start, end } of formParts(bytes, contentType)) {
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
