/** The network on Node against real servers that keep, lose, refuse and reset connections. */

import { createHash, randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UndiciTransport } from '../../../src/platform/node/undici-transport.ts'
import type { Call, OutboundRequest, TransportError } from '../../../src/providers/transport.ts'
import { closedPortUrl } from '../../support/mock-provider/closed-port.ts'
import { startUnaccepting } from '../../support/unaccepting.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'

interface Told {
  status?: number
  headers?: readonly string[]
  body: Buffer
  end: 'whole' | TransportError
}

let transport: UndiciTransport
let server: Server
let sockets: Socket[]
/** What the server does with the nth request it reads on its nth connection, both from 0. */
let onRequest: (socket: Socket, request: number, connection: number) => void

beforeEach(async () => {
  transport = new UndiciTransport()
  sockets = []
  server = createServer((socket) => {
    const connection = sockets.push(socket) - 1
    let requests = 0
    socket.on('data', () => onRequest(socket, requests++, connection))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  await transport.close()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

it('keeps a connection for the next request', async () => {
  onRequest = (socket) => socket.write(OK)
  await send()
  expect(await send()).toMatchObject({ status: 200, end: 'whole' })
  expect(sockets).toHaveLength(1)
})

it('calls a kept connection that dies before its answer begins stale', async () => {
  onRequest = (socket, request) => (request === 0 ? socket.write(OK) : socket.resetAndDestroy())
  await send()
  expect((await send()).end).toMatchObject({ fault: 'stale' })
})

it('calls a fresh connection that dies reset, also after a part of the head or an interim answer', async () => {
  const parts = ['', 'HTTP/1.1 2', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n']
  for (const part of parts) {
    onRequest = (socket) => {
      if (part) socket.write(part)
      setTimeout(() => socket.resetAndDestroy(), 20)
    }
    expect((await send()).end).toMatchObject({ fault: 'reset' })
  }
  expect(sockets).toHaveLength(parts.length)
})

it('calls a kept connection that dies within its answer reset', async () => {
  onRequest = (socket, request) => {
    if (request === 0) return void socket.write(OK)
    socket.write(OK.slice(0, -1))
    setTimeout(() => socket.resetAndDestroy(), 20)
  }
  await send()
  expect(await send()).toMatchObject({ status: 200, end: { fault: 'reset' } })
})

it('makes a connection of its own where a fresh one is asked for, and keeps it for nobody', async () => {
  onRequest = (socket) => socket.write(OK)
  await send()
  await send({ freshConnection: true })
  expect(sockets).toHaveLength(2)
  await send({ freshConnection: true })
  expect(sockets).toHaveLength(3)
  await send()
  expect(sockets).toHaveLength(3)
})

it('calls a refused connection unreachable', async () => {
  const { origin } = new URL(await closedPortUrl())
  expect((await send({ origin })).end).toMatchObject({ fault: 'unreachable' })
})

it('calls a connection that ends before it is secure unreachable, and the request unsent', async () => {
  const origin = request().origin.replace('http:', 'https:')
  for (const reply of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
    onRequest = (socket) => (reply ? socket.write(reply) : socket.resetAndDestroy())
    let call: Call | undefined
    const told = await send({ origin }, (it) => {
      call = it
    })
    expect(told.end).toMatchObject({ fault: 'unreachable' })
    expect(call?.sent).toBe(false)
  }
})

it('calls a name that nobody knows unreachable', async () => {
  expect((await send({ origin: 'http://nobody.invalid' })).end).toMatchObject({ fault: 'unreachable' })
})

it('calls a connection that nobody accepts late, and the request unsent', async () => {
  const unaccepting = await startUnaccepting()
  let call: Call | undefined
  const told = await send({ origin: new URL(unaccepting.url).origin, connectTimeoutMs: 200 }, (it) => {
    call = it
  })
  expect(told.end).toMatchObject({ fault: 'connect_timeout' })
  expect(call?.sent).toBe(false)
  unaccepting.close()
})

it('tells of an answer that is no HTTP, or whose headers are endless, as malformed', async () => {
  onRequest = (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')
  expect((await send()).end).toMatchObject({ fault: 'malformed' })
  onRequest = (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)
  expect((await send()).end).toMatchObject({ fault: 'malformed' })
})

it('decodes what was coded unasked, and hides that it was', async () => {
  const body = gzipSync('{"a":1}')
  onRequest = (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.write(body)
  }
  const told = await send()
  expect(told.body.toString()).toBe('{"a":1}')
  expect(told.headers?.join()).not.toMatch(/content-(encoding|length)/)
})

it('tells of a coded answer that breaks off, or of a coding unknown to it, as malformed', async () => {
  const body = gzipSync('{"a":1}').subarray(0, 12)
  onRequest = (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.write(body)
  }
  expect((await send()).end).toMatchObject({ fault: 'malformed' })
  onRequest = (socket) => socket.write(OK.replace('\r\n\r\n', '\r\ncontent-encoding: rot13\r\n\r\n'))
  expect((await send()).end).toMatchObject({ fault: 'malformed' })
})

it.each(['gzip', 'identity'])('hands on no chunk while paused, and loses none (%s)', async (coding) => {
  const plain = randomBytes(8_000_000)
  const body = coding === 'gzip' ? gzipSync(plain) : plain
  onRequest = (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.write(body)
  }
  const hash = createHash('sha256')
  let paused = false
  let whilePaused = 0
  await new Promise<void>((resolve, reject) => {
    const call = transport.send(request(), {
      head: () => {},
      chunk: (bytes) => {
        if (paused) whilePaused++
        hash.update(bytes)
        paused = true
        setTimeout(() => {
          paused = false
          call.resume()
        }, 1)
        return false
      },
      end: resolve,
      error: reject,
    })
  })
  expect(whilePaused).toBe(0)
  expect(hash.digest('hex')).toBe(createHash('sha256').update(plain).digest('hex'))
})

it('loses nothing of a thousand chunks that come at once, nor of what is sent while its receiver pauses', async () => {
  const pieces = Array.from({ length: 1000 }, (_, index) => `piece ${index}\n`)
  const coded = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')
  onRequest = (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${coded}0\r\n\r\n`)
  }
  const told: string[] = []
  await new Promise<void>((resolve, reject) => {
    const call = transport.send(request(), {
      head: () => {},
      chunk: (bytes) => {
        told.push(Buffer.from(bytes).toString())
        if (told.length % 300 > 0) return true
        setImmediate(() => call.resume())
        return false
      },
      end: resolve,
      error: reject,
    })
  })
  expect(told).toEqual(pieces)
})

it('stops reading while its receiver pauses', async () => {
  const body = Buffer.alloc(64_000_000)
  let provider: Socket | undefined
  onRequest = (socket) => {
    provider = socket
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.write(body)
  }
  let bytesTold = 0
  await new Promise<void>((resolve, reject) => {
    const call = transport.send(request(), {
      head: () => {},
      chunk: (bytes) => {
        const isFirst = bytesTold === 0
        bytesTold += bytes.byteLength
        if (isFirst) {
          setTimeout(() => {
            expect(provider?.writableLength).toBeGreaterThan(body.length / 2)
            call.resume()
          }, 300)
        }
        return !isFirst
      },
      end: resolve,
      error: reject,
    })
  })
  expect(bytesTold).toBe(body.length)
})

it('closes the connection of an aborted exchange, and tells nothing more', async () => {
  let closed: (() => void) | undefined
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve
  })
  const said: string[] = []
  onRequest = (socket) => {
    socket.once('close', () => closed?.())
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi')
  }
  const call = transport.send(request(), {
    head: () => said.push('head'),
    chunk: () => {
      said.push('chunk')
      call.abort()
      return true
    },
    end: () => said.push('end'),
    error: () => said.push('error'),
  })
  await isClosed
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(said).toEqual(['head', 'chunk'])
})

function request(more: Partial<OutboundRequest> = {}): OutboundRequest {
  const { port } = server.address() as AddressInfo
  return {
    method: 'POST',
    origin: `http://127.0.0.1:${port}`,
    path: '/v1/chat/completions',
    headers: ['content-type', 'application/json'],
    body: Buffer.from('{}'),
    connectTimeoutMs: 5000,
    ...more,
  }
}

function send(more: Partial<OutboundRequest> = {}, called: (call: Call) => void = () => {}): Promise<Told> {
  return new Promise((resolve) => {
    const told: Omit<Told, 'end'> & { parts: Buffer[] } = { body: Buffer.alloc(0), parts: [] }
    const finish = (end: Told['end']) => resolve({ ...told, body: Buffer.concat(told.parts), end })
    const call = transport.send(request(more), {
      head: (status, headers) => Object.assign(told, { status, headers }),
      chunk: (bytes) => told.parts.push(Buffer.from(bytes)) > 0,
      // undici lends a connection again once the turn that ended its answer is over.
      end: () => setImmediate(() => setImmediate(finish, 'whole')),
      error: finish,
    })
    called(call)
  })
}
