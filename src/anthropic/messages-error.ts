/** Reads Anthropic's error objects, and those of servers that imitate its API. */
import { isObject } from '../openai/is-object.ts'
import { readWireError } from '../openai/wire-error.ts'
import { statusOfErrorType } from './error-type.ts'

export interface MessagesError {
  kind: 'error'
  message: string
  /** Anthropic's type of the fault, `overloaded_error` for instance. */
  code: string | undefined
  type: string | undefined
  /** HTTP status that the type stands for. */
  status: number | undefined
}

/** @param body `{type: 'error', error: {type, message}}`; the API may add members. */
export function readMessagesError(body: Readonly<Record<string, unknown>>): MessagesError {
  const error = readWireError(body)
  const type = error?.type ?? (isObject(body.error) ? undefined : error?.code)
  return {
    kind: 'error',
    message: error?.message ?? 'The provider reported an error.',
    code: error?.code,
    type,
    status: error?.status ?? statusOfErrorType(type),
  }
}
