/**
 * How sockets to providers are read. Node would allocate 64 KB for each read and announce it a tick later, which for streams
 * of small chunks is a tenth of what they cost: here all sockets read into one buffer, and undici takes its copy at once.
 */
import type { OnReadOpts, Socket } from 'node:net'
import { inOneRead } from './one-read.ts'

/** What undici reads next: bytes that have just come; null once it took them; undefined outside of a read. */
const ARRIVED = Symbol('arrived')
type ProviderSocket = Socket & { [ARRIVED]: Buffer | null | undefined }

/** Of `net.connect` and `tls.connect`. A read ends before the next one begins, whichever socket's they are. */
export const ONREAD: OnReadOpts = {
  buffer: Buffer.allocUnsafeSlow(64 * 1024),
  // Called as a method of the socket.
  callback: arrived as OnReadOpts['callback'],
}

/** For sockets that were made with `ONREAD`, before their reader listens. */
export function handedOverAtOnce(socket: Socket): Socket {
  const readBuffered = socket.read
  const read = function (this: ProviderSocket, size?: number): Buffer | null {
    const bytes = this[ARRIVED]
    if (bytes === undefined || this.readableLength > 0) return readBuffered.call(this, size)
    this[ARRIVED] = null
    return bytes
  }
  return Object.assign(socket, { read, [ARRIVED]: undefined })
}

/** False stops reading until the socket's own buffer is read. */
function arrived(this: ProviderSocket, length: number, shared: Uint8Array): boolean {
  const bytes = Buffer.from(shared.subarray(0, length) as Buffer)
  if (this.readableLength > 0) return this.push(bytes)
  this[ARRIVED] = bytes
  inOneRead(() => this.emit('readable'))
  const left = this[ARRIVED]
  this[ARRIVED] = undefined
  // Its reader is paused, or there is none yet.
  return left === null || this.push(left)
}
