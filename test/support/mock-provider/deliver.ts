/** Sends an answer, whole or spoilt in the way that a fault says. */
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { event } from './chat-wire.ts'
import type { Fault } from './fault.ts'
import type { SeenRequest } from './seen-request.ts'
import { firstHalf, type Reply, spoil } from './spoil.ts'

interface Exchange {
  response: ServerResponse
  seen: SeenRequest
  reply: Reply
}

/** Nothing is sent for faults that leave the caller waiting; `hold` is the server's own. */
export function deliver(exchange: Exchange, fault: Fault): void {
  const { response, reply } = exchange
  const spoiled = spoil(reply, fault)
  switch (fault.kind) {
    case 'black_hole':
    case 'hold':
      break
    case 'delay':
      setTimeout(() => sendPieces(exchange, reply), fault.ms)
      break
    case 'reset':
      cut(exchange)
      break
    case 'reset_before_body':
      sendHead(exchange, reply)
      response.flushHeaders()
      // A reset discards what the peer has not read yet: let the headers arrive first.
      setTimeout(() => cut(exchange), 20)
      break
    case 'stall_first':
      sendHead(exchange, reply)
      response.flushHeaders()
      break
    case 'stall_mid':
      sendSome(exchange, firstHalf(reply), () => {})
      break
    case 'reset_mid':
      sendSome(exchange, firstHalf(reply), () => setTimeout(() => cut(exchange), 20))
      break
    case 'huge':
      sendHuge(exchange, fault.bytes)
      break
    case 'gzip_bomb':
      sendBomb(exchange, fault.bytes)
      break
    case 'drip':
      sendPieces(exchange, { ...spoiled, paceMs: fault.ms })
      break
    default:
      sendPieces(exchange, spoiled)
  }
}

function sendHead({ response, seen }: Exchange, reply: Reply): void {
  seen.status = reply.status
  response.writeHead(reply.status, reply.headers)
}

function sendPieces(exchange: Exchange, reply: Reply): void {
  const { response, seen } = exchange
  if (response.destroyed) return
  const only = reply.pieces[0]
  if (!reply.stream && reply.pieces.length === 1 && only !== undefined) {
    const bytes = typeof only === 'string' ? Buffer.from(only) : only
    const headers = { ...reply.headers, 'content-length': String(bytes.length) }
    sendHead(exchange, { ...reply, headers })
    seen.bytesWritten += bytes.length
    response.end(bytes)
    return
  }
  sendSome(exchange, reply, () => response.end())
}

/** Writes pieces at the reply's pace, waiting for a slow reader, and then calls `done`. */
function sendSome(exchange: Exchange, reply: Reply, done: () => void): void {
  const { response, seen } = exchange
  sendHead(exchange, reply)
  let next = 0
  const step = () => {
    while (!response.destroyed) {
      const piece = reply.pieces[next++]
      if (piece === undefined) return done()
      const last = next === reply.pieces.length
      seen.bytesWritten += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length
      const room = response.write(piece)
      if (reply.paceMs > 0 && !last) return void setTimeout(step, reply.paceMs)
      // A turn of the loop for each recorded or dripped piece, so that it leaves as a write of its own.
      if (typeof piece !== 'string' && !last) return void setImmediate(step)
      if (!room) return void response.once('drain', step)
    }
  }
  step()
}

function sendHuge(exchange: Exchange, bytes: number): void {
  const { reply } = exchange
  const filler = 'x'.repeat(65_536)
  const count = Math.ceil(bytes / filler.length)
  const opening = reply.stream ? [] : [HUGE_OPENING]
  const closing = reply.stream ? reply.pieces.slice(-2) : ['"},"finish_reason":"stop"}]}']
  const piece = reply.stream ? event({ choices: [{ index: 0, delta: { content: filler } }] }) : filler
  const pieces = [...opening, ...Array.from({ length: count }, () => piece), ...closing]
  sendSome(exchange, { ...reply, pieces, paceMs: 0 }, () => exchange.response.end())
}

const HUGE_OPENING =
  '{"id":"huge","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"'

const BOMB_MEMBER_BYTES = 10_000_000
let bombMember: Buffer | undefined

/** Members of gzip follow one another, so ten kilobytes of memory make any number of bytes. */
function sendBomb(exchange: Exchange, bytes: number): void {
  // Once: the mock's other callers would wait for it.
  bombMember ??= gzipSync(Buffer.alloc(BOMB_MEMBER_BYTES, ' '), { level: 9 })
  const member = bombMember
  const pieces = Array.from({ length: Math.ceil(bytes / BOMB_MEMBER_BYTES) }, () => member)
  const headers = { ...exchange.reply.headers, 'content-encoding': 'gzip' }
  const end = () => exchange.response.end()
  sendSome(exchange, { ...exchange.reply, headers, pieces, paceMs: 0 }, end)
}

function cut({ response, seen }: Exchange): void {
  seen.end = 'cut'
  response.socket?.resetAndDestroy()
}
