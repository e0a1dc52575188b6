/** How a response ended, in the words that chat uses, and what went wrong where it failed. */
import { isObject } from '../is-object.ts'
import { readWireError, type WireError } from '../wire-error.ts'

type Fields = Readonly<Record<string, unknown>>

/** OpenAI's words for faults of a response that has begun, with the HTTP status that each would have had. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  server_error: 500,
  vector_store_timeout: 504,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  server_is_overloaded: 503,
  slow_down: 503,
  context_length_exceeded: 400,
  invalid_prompt: 400,
}

/** Undefined where the response has not ended. */
export function finishReasonOf(response: Fields): string | undefined {
  switch (response.status) {
    case 'completed':
      return callsFunction(response.output) ? 'tool_calls' : 'stop'
    case 'incomplete':
      return incompleteReason(response.incomplete_details)
    case 'cancelled':
      return 'cancelled'
    default:
      return undefined
  }
}

/** The error of a failed response, or of an `error` event, which has its members at the top or in `error`. */
export function responseError(holder: Fields): WireError | undefined {
  const isEvent = holder.type === 'error'
  const found = readWireError(isEvent && !isObject(holder.error) ? { error: topLevelError(holder) } : holder)
  if (found === undefined) return holder.status === 'failed' ? unstated() : undefined
  const { message, code, type, status } = found
  return { message, code, type, status: status ?? statusOfCode(code) }
}

function topLevelError({ code, message }: Fields): Fields {
  return { code, message }
}

function unstated(): WireError {
  return {
    message: 'The provider reported that the response failed.',
    code: undefined,
    type: undefined,
    status: undefined,
  }
}

function statusOfCode(code: string | undefined): number | undefined {
  return code !== undefined && Object.hasOwn(STATUS_OF_CODE, code) ? STATUS_OF_CODE[code] : undefined
}

function incompleteReason(details: unknown): string {
  const reason = isObject(details) ? details.reason : undefined
  if (reason === 'max_output_tokens') return 'length'
  return typeof reason === 'string' && reason !== '' ? reason : 'incomplete'
}

function callsFunction(output: unknown): boolean {
  if (!Array.isArray(output)) return false
  return output.some(
    (item) => isObject(item) && (item.type === 'function_call' || item.type === 'custom_tool_call'),
  )
}
