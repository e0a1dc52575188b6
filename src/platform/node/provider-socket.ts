/**
 * How sockets to providers are read. Node would allocate 64 KB for each read and announce it a tick later, which for streams
 * of small chunks is a tenth of what they cost: here all sockets read into one buffer, and undici takes its copy at once.
 * It is told of a socket's end only where it is not paused: its assertion that it is not would end the process.
 */
import type { OnReadOpts, Socket } from 'node:net'
import { errors } from 'undici'
import { inOneRead } from './one-read.ts'

/** What undici reads next: bytes that have just come; null once it took them; undefined outside of a read. */
const ARRIVED = Symbol('arrived')
/** Undici gave back what it may not hand on yet, if only nothing, and has not read since. */
const PAUSED = Symbol('paused')
/** The provider has closed its side, and undici was not told yet. */
const ENDS = Symbol('ends')
type ProviderSocket = Socket & { [ARRIVED]: Buffer | null | undefined; [PAUSED]: boolean; [ENDS]: boolean }

/** Of `net.connect` and `tls.connect`. A read ends before the next one begins, whichever socket's they are. */
export const ONREAD: OnReadOpts = {
  buffer: Buffer.allocUnsafeSlow(64 * 1024),
  // Called as a method of the socket.
  callback: arrived as OnReadOpts['callback'],
}

/** For sockets that were made with `ONREAD`, before their reader listens. */
export function handedOverAtOnce(socket: Socket): Socket {
  const { read: readBuffered, push: pushBuffered, unshift: giveBack, destroy: destroyNow } = socket
  // Without `connection: close`, an end during a pause would break an answer off that is whole.
  const tellEnd = (to: ProviderSocket): void => {
    if (!to[ENDS] || to[PAUSED] || to.readableLength > 0) return
    to[ENDS] = false
    pushBuffered.call(to, null)
    readBuffered.call(to, 0)
  }
  return Object.assign(socket, {
    read(this: ProviderSocket, size?: number): Buffer | null {
      if (size === 0) return readBuffered.call(this, size)
      this[PAUSED] = false
      if (this[ENDS]) process.nextTick(tellEnd, this)
      const bytes = this[ARRIVED]
      if (bytes === undefined || this.readableLength > 0) return readBuffered.call(this, size)
      this[ARRIVED] = null
      return bytes
    },
    unshift(this: ProviderSocket, bytes: Buffer): void {
      this[PAUSED] = true
      giveBack.call(this, bytes)
    },
    push(this: ProviderSocket, bytes: Buffer | null): boolean {
      if (bytes !== null) return pushBuffered.call(this, bytes)
      this[ENDS] = true
      tellEnd(this)
      return false
    },
    destroy(this: ProviderSocket, error?: NodeJS.ErrnoException): ProviderSocket {
      return destroyNow.call(this, this[PAUSED] ? asBrokenOff(error) : error) as ProviderSocket
    },
    [ARRIVED]: undefined,
    [PAUSED]: false,
    [ENDS]: false,
  })
}

/** A reset by that name is taken for the end of an answer that says `connection: close`, which fails the same assertion. */
function asBrokenOff(error: NodeJS.ErrnoException | undefined): Error | undefined {
  return error?.code === 'ECONNRESET' ? new errors.SocketError(error.message) : error
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
