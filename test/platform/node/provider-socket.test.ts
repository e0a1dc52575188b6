/** How sockets to providers are read, where a server closes while whoever reads its answer pauses. */
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UndiciTransport } from '../../../src/platform/node/undici-transport.ts'
import type { OutboundRequest } from '../../../src/providers/transport.ts'

let transport: UndiciTransport
let server: Server

beforeEach(() => {
  transport = new UndiciTransport()
})

afterEach(async () => {
  await transport.close()
  await new Promise((resolve) => server.close(resolve))
})

/** What a receiver is told that pauses at every chunk. */
async function toldWithPauses(answer: string): Promise<string[]> {
  server = createServer((socket) => socket.once('data', () => socket.end(answer)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const told: string[] = []
  await new Promise<void>((resolve, reject) => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const asked: OutboundRequest = {
      origin,
      method: 'GET',
      path: '/',
      headers: [],
      body: null,
      connectTimeoutMs: 5000,
    }
    const call = transport.send(asked, {
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
