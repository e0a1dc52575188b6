/** What the faults of bytes say in the words of each API. */
import { DONE_FRAME, event } from './chat-wire.ts'
import { envelope } from './check-request.ts'

export interface FaultWords {
  /** The body of an answer with that status. */
  refusal(status: number, message: string): string
  /** An error where an answer was promised, as a whole body. */
  errorBody: string
  /** The same as an event, after so many others. */
  errorEvent(said: number): string
  /** Closes a stream that has said all; undefined where the last event of the answer does. */
  closingFrame: string | undefined
}

export const SERVER_ERROR = {
  message: 'The server had an error while processing your request.',
  type: 'server_error',
  param: null,
  code: null,
}

export const OPENAI_WORDS: FaultWords = {
  refusal: openaiRefusal,
  errorBody: JSON.stringify({ error: SERVER_ERROR }),
  errorEvent: () => event({ error: SERVER_ERROR }),
  closingFrame: DONE_FRAME,
}

function openaiRefusal(status: number, message: string): string {
  const type = status === 429 ? 'requests' : status >= 500 ? 'server_error' : 'invalid_request_error'
  const code = status === 429 ? 'rate_limit_exceeded' : null
  return envelope({ message, type, param: null, code })
}
