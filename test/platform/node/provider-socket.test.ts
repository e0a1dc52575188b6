/** How sockets to providers are read where whoever reads an answer pauses. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UndiciTransport } from '../../../src/platform/node/undici-transport.ts'
import type { Call, OutboundRequest } from '../../../src/providers/transport.ts'

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

let transport: UndiciTransport
let server: Server

beforeEach(() => {
  transport = new UndiciTransport()
})

afterEach(async () => {
  await transport.close()
  await new Promise((resolve) => server.close(resolve))
})

function asked(): OutboundRequest {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, method: 'GET', path: '/', headers: [], body: null, connectTimeoutMs: 5000 }
}

/** What a receiver is told that pauses at every chunk. */
async function toldWithPauses(answer: string): Promise<string[]> {
  server = createServer((socket) => socket.once('data', () => socket.end(answer)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const told: string[] = []
  await new Promise<void>((resolve, reject) => {
    const call = transport.send(asked(), {
      head: () => {},
      chunk: (bytes) => {
        told.push(Buffer.from(bytes).toString())
        setTimeout(() => call.resume(), 100)
        return false
      },
      end: resolve,
      error: reject,
    })
  })
  return told
}

it.each([
  ['', 'whole'],
  ['content-length: 5\r\n', 'whole'],
  ['connection: close\r\ncontent-length: 5\r\n', 'whole'],
  ['connection: close\r\ntransfer-encoding: chunked\r\n', '5\r\nwhole\r\n0\r\n\r\n'],
])('tells an answer whole whose server closes during a pause: %j', async (headers, body) => {
  expect(await toldWithPauses(`HTTP/1.1 200 OK\r\n${headers}\r\n${body}`)).toEqual(['whole'])
})

it('tells an answer broken off whose server closes during a pause too early', async () => {
  const broken = toldWithPauses('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nwhole')
  await expect(broken).rejects.toMatchObject({ fault: 'reset' })
})

it.each(['', 'connection: close\r\n'])(
  'tells an answer broken off that is reset during a pause: %j',
  async (headers) => {
    server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n${headers}content-length: 6\r\n\r\nwhole`)
        setTimeout(() => socket.resetAndDestroy(), 50)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    let call: Call | undefined
    const broken = new Promise<void>((resolve, reject) => {
      call = transport.send(asked(), { head: () => {}, chunk: () => false, end: resolve, error: reject })
    })
    await expect(broken).rejects.toMatchObject({ fault: 'reset' })
    // Its caller drains when there is nothing to go on with any more.
    call?.resume()
    await new Promise(setImmediate)
  },
)

it('goes on with an answer in the middle of a chunk of another', async () => {
  const held: Socket[] = []
  server = createServer((socket) => socket.once('data', () => held.push(socket)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const calls: Call[] = []
  const told: string[] = []
  const ask = (name: string, chunk: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const take = (bytes: Uint8Array): boolean => {
        told.push(`${name} ${Buffer.from(bytes)}`)
        return chunk()
      }
      calls.push(transport.send(asked(), { head: () => {}, chunk: take, end: resolve, error: reject }))
    })
  const answer = async (index: number, text: string): Promise<void> => {
    while (held[index] === undefined) await new Promise(setImmediate)
    held[index].write(text)
  }
  const first = ask('first', () => told.length > 1)
  await answer(0, `${CHUNKED}1\r\na\r\n1\r\nb\r\n0\r\n\r\n`)
  while (told.length === 0) await new Promise(setImmediate)
  const second = ask('second', () => {
    calls[0]?.resume()
    return true
  })
  await answer(1, `${CHUNKED}1\r\nc\r\n0\r\n\r\n`)
  await Promise.all([first, second])
  expect(told).toEqual(['first a', 'second c', 'first b'])
})
