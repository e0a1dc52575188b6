/** What a server of tensors says that went wrong, with the status that is honest about whose fault it is. */
import { isObject } from '../openai/is-object.ts'
import { parseLooseJson } from './loose-json.ts'

export interface ServerError {
  /** Of HTTP. */
  status: number
  message: string
}

/** Triton says these with 400, KServe's own servers with 500 or 503: the model is not there for anybody just now. */
const NOT_READY = /not at ready state|is not ready|has no available versions|unavailable/i
/** TEI's word for a model that failed. */
const BACKEND_FAILED = 424
const MOST_CHARACTERS = 2000

/** `{"error": "…"}` of KServe, TensorFlow Serving and TEI, `{"error": {"message": …}}` of Google, else the text itself. */
export function serverError(status: number, bytes: Uint8Array): ServerError {
  const text = new TextDecoder().decode(bytes.subarray(0, 64 * 1024))
  const message = (saidIn(parseLooseJson(text)) ?? text.trim()).slice(0, MOST_CHARACTERS)
  const told = message === '' ? `status ${status} without a word` : message
  if (status === 400 && NOT_READY.test(told)) return { status: 503, message: told }
  return { status: status === BACKEND_FAILED ? 500 : status, message: told }
}

function saidIn(value: unknown): string | undefined {
  const answer = Array.isArray(value) ? value[0] : value
  if (!isObject(answer)) return undefined
  const { error, detail } = answer
  if (typeof error === 'string') return error
  if (isObject(error) && typeof error.message === 'string') return error.message
  // KServe's servers in Python, where FastAPI refuses a body.
  return typeof detail === 'string' ? detail : undefined
}
