/** A fault that Anthropic's API reports → OpenAI's error envelope. */
import { errorCause } from '../openai/error-cause.ts'
import type { WireError } from '../openai/wire-error.ts'
import type { Fields } from './converted.ts'

export interface ConvertedError {
  /** HTTP status that stands with it in the other API. */
  status: number
  body: Fields
}

const WORDS: Readonly<Record<string, { type: string; code: string | null }>> = {
  invalid_request_error: { type: 'invalid_request_error', code: null },
  authentication_error: { type: 'invalid_request_error', code: 'invalid_api_key' },
  billing_error: { type: 'insufficient_quota', code: 'insufficient_quota' },
  permission_error: { type: 'permission_error', code: null },
  not_found_error: { type: 'invalid_request_error', code: 'not_found' },
  request_too_large: { type: 'invalid_request_error', code: 'request_too_large' },
  rate_limit_error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  timeout_error: { type: 'server_error', code: 'timeout' },
  api_error: { type: 'server_error', code: null },
  overloaded_error: { type: 'server_error', code: 'overloaded' },
}

/** @param status of the answer; 529, which OpenAI does not know, becomes 503 */
export function errorAsChat(
  error: Pick<WireError, 'message' | 'code' | 'type' | 'param'>,
  status: number,
): ConvertedError {
  const type = error.type ?? error.code ?? ''
  const known = Object.hasOwn(WORDS, type) ? WORDS[type] : undefined
  const words = known ?? {
    type: status < 500 ? 'invalid_request_error' : 'server_error',
    code: error.code ?? null,
  }
  const code = errorCause(error) === 'context_window' ? 'context_length_exceeded' : words.code
  return {
    status: status === 529 ? 503 : status,
    body: { error: { message: error.message, type: words.type, param: error.param ?? null, code } },
  }
}
