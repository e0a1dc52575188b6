/** Puts a fault into the bytes of a reply, where it is one of bytes and not of time or connection. */
import type { Fault } from './fault.ts'
import type { FaultWords } from './fault-words.ts'

export interface Reply {
  status: number
  headers: Readonly<Record<string, string>>
  /** One piece for a JSON answer, one an event for a stream. */
  pieces: readonly (string | Uint8Array)[]
  stream: boolean
  paceMs: number
  words: FaultWords
}

/** The same reply with the fault in its bytes. */
export function spoil(reply: Reply, fault: Fault): Reply {
  switch (fault.kind) {
    case 'status':
      return refused(reply, fault.status, fault.message ?? 'The server had an error.', fault.headers ?? {})
    case 'rate_limited':
      return refused(reply, 429, 'Rate limit reached.', { 'retry-after': String(fault.seconds) })
    case 'rate_limited_date': {
      const at = new Date(Date.now() + fault.seconds * 1000).toUTCString()
      return refused(reply, 429, 'Rate limit reached.', { 'retry-after': at })
    }
    case 'error_event':
      return { ...reply, pieces: [reply.stream ? reply.words.errorEvent(0) : reply.words.errorBody] }
    case 'error_event_mid':
      return reply.stream ? brokenOff(reply) : { ...reply, pieces: [reply.words.errorBody] }
    case 'truncated_json':
      return { ...reply, pieces: firstHalf(reply).pieces }
    case 'no_done':
      return { ...reply, pieces: reply.pieces.filter((piece) => piece !== reply.words.closingFrame) }
    case 'no_finish':
      return { ...reply, pieces: reply.pieces.slice(0, reply.pieces.length / 2) }
    case 'drip':
      return { ...reply, pieces: [...allBytes(reply)].map((byte) => Uint8Array.of(byte)) }
    case 'replay': {
      const cuts = [...fault.at, fault.bytes.length]
      const pieces = cuts.map((end, index) => fault.bytes.subarray(cuts[index - 1] ?? 0, end))
      const type = { 'content-type': fault.contentType ?? 'text/event-stream' }
      const headers = { ...reply.headers, ...fault.headers, ...type }
      const paceMs = fault.betweenMs ?? 0
      return { ...reply, status: fault.status ?? 200, headers, pieces, stream: true, paceMs }
    }
    default:
      return reply
  }
}

function brokenOff(reply: Reply): Reply {
  const half = reply.pieces.slice(0, reply.pieces.length / 2)
  return { ...reply, pieces: [...half, reply.words.errorEvent(half.length)] }
}

function refused(reply: Reply, status: number, message: string, headers: Readonly<Record<string, string>>) {
  const pieces = [reply.words.refusal(status, message)]
  const kept = { ...reply.headers, ...headers, 'content-type': 'application/json' }
  return { ...reply, status, headers: kept, pieces, stream: false, paceMs: 0 }
}

/** Half of the reply's bytes, in the middle of an event for a stream; a JSON answer still promises its whole length. */
export function firstHalf(reply: Reply): Reply {
  const bytes = allBytes(reply)
  const length: Record<string, string> = reply.stream ? {} : { 'content-length': String(bytes.length) }
  return {
    ...reply,
    headers: { ...reply.headers, ...length },
    pieces: [bytes.subarray(0, Math.floor(bytes.length / 2))],
  }
}

function allBytes({ pieces }: Reply): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}
