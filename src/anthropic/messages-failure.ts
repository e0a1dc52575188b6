/** A failure in the words of Anthropic's API: as a body, or as an event of a stream that has begun. */
import type { Failure } from '../errors.ts'
import { errorTypeOfStatus } from './error-type.ts'

const encoder = new TextEncoder()

/** `{"type": "error", "error": {type, message}}` */
export function messagesFailureBody(failure: Failure): Uint8Array {
  return encoder.encode(JSON.stringify(envelope(failure)))
}

/** One `error` event; the stream ends after it without `message_stop`. */
export function messagesFailureEvent(failure: Failure): Uint8Array {
  return encoder.encode(`event: error\ndata: ${JSON.stringify(envelope(failure))}\n\n`)
}

function envelope({ code, status, message }: Failure): unknown {
  const type = code === 'overloaded' ? 'overloaded_error' : errorTypeOfStatus(status)
  return { type: 'error', error: { type, message } }
}
