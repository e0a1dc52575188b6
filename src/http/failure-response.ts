/** A failure as a web Response, for the endpoints that answer at once. */
import { messagesFailureBody } from '../anthropic/messages-failure.ts'
import type { Failure } from '../errors.ts'
import { failureBody } from '../openai/failure-body.ts'
import type { CallersApi } from '../openai/passed-route.ts'

/** In the words of the API that the caller speaks. */
export function failureResponse(
  failure: Failure,
  extraHeaders: Record<string, string> = {},
  api: CallersApi = 'openai',
): Response {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...extraHeaders }
  if (failure.retryAfterSeconds !== undefined) headers['retry-after'] = String(failure.retryAfterSeconds)
  if (!failure.worthRetrying) headers['x-should-retry'] = 'false'
  const body = api === 'anthropic' ? messagesFailureBody(failure) : failureBody(failure)
  return new Response(body as Uint8Array<ArrayBuffer>, { status: failure.status, headers })
}
