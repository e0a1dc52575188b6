/** A failure in the words of OpenAI's API: as a body, or as an event of a stream that has begun. */
import type { Failure } from '../errors.ts'

const encoder = new TextEncoder()

/** `{"error": {message, type, param, code}}` */
export function failureBody(failure: Failure): Uint8Array {
  return encoder.encode(JSON.stringify(envelope(failure)))
}

/** One `data:` event; the stream ends after it without `[DONE]`. */
export function failureEvent(failure: Failure): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(envelope(failure))}\n\n`)
}

function envelope({ message, type, param, code }: Failure): unknown {
  return { error: { message, type, param: param ?? null, code } }
}
