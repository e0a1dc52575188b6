/** Reads the error objects of OpenAI-compatible providers, which agree on little more than the word `error`. */
import { isObject } from './is-object.ts'

export interface WireError {
  message: string
  /** The provider's word for the fault: its `code`, else its `type` or `status`. */
  code: string | undefined
  type: string | undefined
  /** HTTP status that the error names, which a 200 or a stream cannot carry otherwise. */
  status: number | undefined
  /** The member of the request that it is about, as the provider calls it. */
  param?: string | undefined
}

/** Undefined where a parsed body or chunk reports no error. */
export function readWireError(value: unknown): WireError | undefined {
  // Gemini wraps its error in an array.
  const body = Array.isArray(value) ? value[0] : value
  if (!isObject(body)) return undefined
  const error = errorWithin(body)
  if (typeof error === 'string')
    return { message: error, code: undefined, type: undefined, status: undefined }
  if (!isObject(error)) return undefined
  const type = textOf(error.type)
  const param = textOf(error.param)
  return {
    message:
      textOf(error.message) ?? textOf(error.detail) ?? textOf(error.msg) ?? 'The provider reported an error.',
    code: textOf(error.code) ?? type ?? textOf(error.status),
    type,
    status: statusOf(error.code) ?? statusOf(error.status) ?? statusOf(error.status_code),
    ...(param === undefined ? {} : { param }),
  }
}

/** @returns undefined where `bytes` are no JSON or no error. */
export function readErrorBody(bytes: Uint8Array): WireError | undefined {
  try {
    return readWireError(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return undefined
  }
}

function errorWithin(body: Record<string, unknown>): unknown {
  if (body.error !== undefined && body.error !== null && body.error !== '' && body.error !== false)
    return body.error
  // OpenRouter reports a provider's fault within the choice.
  const choice: unknown = Array.isArray(body.choices) ? body.choices[0] : undefined
  if (isObject(choice) && isObject(choice.error)) return choice.error
  // Older vLLM and SGLang put the fields at the top.
  if (body.object === 'error') return body
  // Groq ends a broken stream with a note in its own member.
  if (isObject(body.x_groq)) return body.x_groq.error
  // FastAPI's own answers.
  if (isPresent(body.detail) && body.choices === undefined && body.data === undefined) {
    return typeof body.detail === 'string' ? body.detail : JSON.stringify(body.detail)
  }
  return undefined
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600
    ? status
    : undefined
}
