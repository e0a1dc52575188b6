import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ResponseSink } from '../../../src/platform/node/response-sink.ts'
import { answerSinkContract, type SinkExchange } from '../../http/answer-sink.contract.ts'

answerSinkContract('ResponseSink', openPair)

/** A real server and a real caller; the caller reads nothing until it is told to. */
async function openPair(): Promise<SinkExchange> {
  const server = createServer()
  const arrived = new Promise<ServerResponse>((resolve) => {
    server.once('request', (_, response: ServerResponse) => resolve(response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const caller = request({ port, host: '127.0.0.1', agent: false })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    caller.once('response', resolve)
    caller.on('error', reject)
  })
  answered.catch(() => undefined)
  caller.end()
  return {
    sink: new ResponseSink(await arrived),
    async head() {
      const { statusCode, headers } = await answered
      return { status: statusCode ?? 0, header: (name) => headers[name]?.toString() ?? null }
    },
    async rest() {
      const pieces: Buffer[] = []
      for await (const piece of await answered) pieces.push(piece as Buffer)
      return Buffer.concat(pieces)
    },
    async leave() {
      caller.destroy()
    },
    async dispose() {
      caller.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('ResponseSink, on the wire', () => {
  it('a parser reads pieces of any size as they were written', async () => {
    const sizes = [1, 9, 10, 15, 16, 17, 255, 256, 4095, 4096, 65_535, 65_536, 1_100_000, 0, 3]
    const pieces = sizes.map((size, index) => Buffer.alloc(size, 97 + index))
    const pair = await openPair()
    pair.sink.begin(200, ['content-type', 'text/event-stream'])
    for (const piece of pieces) pair.sink.write(piece)
    pair.sink.end()
    expect(Buffer.compare(Buffer.from(await pair.rest()), Buffer.concat(pieces))).toBe(0)
    await pair.dispose()
  })

  it.each([
    ['HTTP/1.1', [], 'HTTP/1.1 200 OK', '3\r\nabc\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n'],
    ['HTTP/1.1', ['content-length', '29'], 'HTTP/1.1 200 OK', 'abcabcdefghijklmnopqrstuvwxyz'],
    ['HTTP/1.0', [], 'HTTP/1.1 200 OK', 'abcabcdefghijklmnopqrstuvwxyz'],
  ])('%s %j', async (version, headers, status, body) => {
    const server = createServer((_, response) => {
      const sink = new ResponseSink(response)
      sink.begin(200, headers)
      sink.write(Buffer.from('abc'))
      sink.write(Buffer.from('abcdefghijklmnopqrstuvwxyz'))
      sink.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(`GET / ${version}\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const pieces: Buffer[] = []
    for await (const piece of socket) pieces.push(piece as Buffer)
    const [head = '', ...rest] = Buffer.concat(pieces).toString().split('\r\n\r\n')
    expect(head.split('\r\n')[0]).toBe(status)
    expect(rest.join('\r\n\r\n')).toBe(body)
    await new Promise((resolve) => server.close(resolve))
  })
})
