/** What one read from a provider brings is written to its caller in one go, however many chunks it holds. */
import type { Writable } from 'node:stream'

let isReading = false
const corked: Writable[] = []

/** Runs what takes the bytes of one read, then writes what came of it. */
export function inOneRead(take: (this: void) => void): void {
  isReading = true
  try {
    take()
  } finally {
    isReading = false
    while (corked.length > 0) corked.pop()?.uncork()
  }
}

/** Holds what is written from here on until the read has been taken; nothing where there is none. */
export function untilReadIsTaken(socket: Writable): void {
  if (!isReading || corked.includes(socket)) return
  socket.cork()
  corked.push(socket)
}
