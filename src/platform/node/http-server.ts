/** Node's HTTP server in front of the app: listening, refusing what is no HTTP request of ours, and draining. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { Failure } from '../../errors.ts'
import { failureBody } from '../../openai/failure-body.ts'

export interface Listening {
  host: string
  port: number
  /** Takes no new connections, lets what is under way end within `graceMs`, then cuts the rest. */
  close(graceMs: number): Promise<void>
}

const SWEEP_MS = 50

/** @throws Error with one sentence where the port is taken or may not be used */
export function listen(app: Hono, host: string, port: number): Promise<Listening> {
  const server = createServer(
    { keepAliveTimeout: 75_000, requestTimeout: 0, noDelay: true },
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  )
  const connections = connectionsOf(server)
  server.on('clientError', refuseGarbage)
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)))
    server.listen(port, host, () => {
      resolve({
        host,
        port: (server.address() as AddressInfo).port,
        close: (graceMs) => close(server, connections, graceMs),
      })
    })
  })
}

function close(server: Server, { open, silent }: Connections, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    // Not by `closeAllConnections`, which knows nothing of those that another process answers.
    const impatient = setTimeout(() => cut(open), graceMs)
    // A connection that its caller keeps is idle only after the answer that it carries now.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    server.close(() => {
      clearTimeout(impatient)
      clearInterval(sweep)
      // Sockets that were cut tell their requests only at the end of this turn: let those settle.
      setImmediate(setImmediate, resolve)
    })
    server.closeIdleConnections()
    cut(silent)
  })
}

function cut(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy()
}

interface Connections {
  open: ReadonlySet<Socket>
  /** Those that have not asked anything yet, which Node does not count as idle. */
  silent: ReadonlySet<Socket>
}

function connectionsOf(server: Server): Connections {
  const open = new Set<Socket>()
  const silent = new Set<Socket>()
  server.on('connection', (socket) => {
    // Each of its pipelined requests listens for its end.
    socket.setMaxListeners(0)
    open.add(socket)
    silent.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      silent.delete(socket)
    })
  })
  server.on('request', ({ socket }) => silent.delete(socket))
  return { open, silent }
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): Error {
  const where = `${host}:${port}`
  if (error.code === 'EADDRINUSE') {
    return new Error(
      `Port ${port} is in use on ${host}: stop what listens there, or choose another with --port.`,
    )
  }
  if (error.code === 'EACCES') {
    return new Error(
      `Port ${port} may not be opened on ${host} by this user: choose one above 1023 with --port.`,
    )
  }
  return new Error(`Cannot listen on ${where} (${error.message}): check --host and --port.`)
}

/** What Node could not parse never reaches the app; its sender still gets an answer in the endpoint's own words. */
function refuseGarbage(
  error: NodeJS.ErrnoException,
  socket: Socket & { _httpMessage?: ServerResponse },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy()
    return
  }
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW'
  const message = tooLong ? 'The headers are larger than 16 KB.' : 'This is not an HTTP/1.1 request.'
  end(
    socket,
    tooLong ? '431 Request Header Fields Too Large' : '400 Bad Request',
    new Failure('invalid_request', message),
  )
}

function end(socket: Socket, status: string, failure: Failure): void {
  const body = Buffer.from(failureBody(failure))
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]),
  )
}
