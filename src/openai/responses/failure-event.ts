/** A failure as the Responses API tells it within a stream that has begun. */
import type { Failure, FailureCode } from '../../errors.ts'
import { responseObject } from './response-object.ts'

export interface FailedResponse {
  /** Of the response whose stream it ends. */
  id: string
  /** The `sequence_number` after the last one that the caller was sent. */
  sequence: number
  /** Unix time in seconds at which the response began, where it is known. */
  createdAt?: number | undefined
  model?: string | undefined
  /** The caller's body, for what a response echoes of it. */
  request?: Readonly<Record<string, unknown>> | undefined
  /** What of the answer the caller has already. */
  output?: readonly Record<string, unknown>[] | undefined
}

/** The API's own words: clients repeat or give up by them. Every other failure is a `server_error`. */
const CODES: Readonly<Partial<Record<FailureCode, string>>> = {
  rate_limited: 'rate_limit_exceeded',
  insufficient_quota: 'insufficient_quota',
  invalid_request: 'invalid_prompt',
}

const encoder = new TextEncoder()

/** One `response.failed` event with the whole response object; the stream ends after it. */
export function responsesFailureEvent(failure: Failure, failed: FailedResponse): Uint8Array {
  const response = responseObject(failed.request ?? {}, {
    id: failed.id,
    createdAt: failed.createdAt ?? 0,
    model: failed.model,
    status: 'failed',
    output: failed.output ?? [],
    usage: null,
    error: { code: CODES[failure.code] ?? 'server_error', message: failure.message },
  })
  const data = { type: 'response.failed', sequence_number: failed.sequence, response }
  return encoder.encode(`event: response.failed\ndata: ${JSON.stringify(data)}\n\n`)
}
