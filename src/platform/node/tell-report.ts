/** A report as an HTTP answer on a socket of its own, piece by piece as fast as its reader takes them. */
import type { Socket } from 'node:net'
import type { Report } from '../../metering/reports.ts'
import { reportJson } from '../../storage/report-json.ts'
import { chunkFrame, LAST_CHUNK } from './chunk-frame.ts'

/** In chunks, so that one which is cut is not taken for whole. */
const HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
/** A reader that takes nothing for so long has left. */
const STALLED_MS = 60_000

/** Resolves once the connection has ended, whoever ended it. */
export async function tellReport(report: Report, socket: Socket): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  // Each is followed by `close`.
  socket.on('error', () => {})
  socket.setTimeout(STALLED_MS, () => socket.destroy())
  // What its other end says, its end above all, is heard of only where it is read.
  socket.resume()
  const encoder = new TextEncoder()
  socket.write(HEAD)
  for (const piece of reportJson(report)) {
    if (socket.destroyed) break
    if (!socket.write(chunkFrame(encoder.encode(piece)))) await Promise.race([drained(socket), closed])
  }
  socket.end(LAST_CHUNK)
  await closed
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve))
}
