import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
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
