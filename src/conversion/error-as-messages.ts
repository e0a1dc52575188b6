/** A fault that an OpenAI-compatible API reports → Anthropic's error envelope. */
import { errorTypeOfStatus } from '../anthropic/error-type.ts'
import type { WireError } from '../openai/wire-error.ts'
import type { ConvertedError } from './error-as-chat.ts'

/** @param status of the answer; 503, an overloaded server's word at OpenAI, becomes Anthropic's 529 */
export function errorAsMessages(
  error: Pick<WireError, 'message' | 'code' | 'type'>,
  status: number,
): ConvertedError {
  const isQuota = error.code === 'insufficient_quota' || error.type === 'insufficient_quota'
  const said = status === 503 ? 529 : status
  const type = isQuota ? 'billing_error' : errorTypeOfStatus(said)
  return { status: said, body: { type: 'error', error: { type, message: error.message } } }
}
