/** A failure as a web Response, for the endpoints that answer at once. */
import type { Failure } from '../errors.ts'
import { failureBody } from '../openai/failure-body.ts'

export function failureResponse(failure: Failure, extraHeaders: Record<string, string> = {}): Response {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...extraHeaders }
  if (failure.retryAfterSeconds !== undefined) headers['retry-after'] = String(failure.retryAfterSeconds)
  if (!failure.worthRetrying) headers['x-should-retry'] = 'false'
  return new Response(failureBody(failure) as Uint8Array<ArrayBuffer>, { status: failure.status, headers })
}
