/** HTTP's chunked transfer coding, RFC 9112 section 7.1. */

const HEX = '0123456789abcdef'
const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a

/** Ends an answer, without trailers. */
export const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** A chunk with its size before it, in one piece: Node's own response makes four writes of it. `bytes` is not empty. */
export function chunkFrame(bytes: Uint8Array): Buffer {
  const digits = digitsOf(bytes.length)
  const frame = Buffer.allocUnsafe(digits + bytes.length + 4)
  for (let at = digits - 1, rest = bytes.length; at >= 0; at--, rest >>>= 4)
    frame[at] = HEX.charCodeAt(rest & 15)
  frame[digits] = CARRIAGE_RETURN
  frame[digits + 1] = LINE_FEED
  frame.set(bytes, digits + 2)
  frame[frame.length - 2] = CARRIAGE_RETURN
  frame[frame.length - 1] = LINE_FEED
  return frame
}

function digitsOf(size: number): number {
  let digits = 1
  for (let rest = size >>> 4; rest > 0; rest >>>= 4) digits++
  return digits
}
