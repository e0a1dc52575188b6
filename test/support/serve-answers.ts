/** A loopback server that answers every request with the bytes it was told last, for the SDKs' own clients to read. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AnswerServer {
  url: string
  answer(status: number, contentType: string, bytes: Uint8Array): void
  close(): Promise<void>
}

export async function serveAnswers(): Promise<AnswerServer> {
  let next = { status: 500, contentType: 'text/plain', bytes: new Uint8Array(0) as Uint8Array }
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(next.status, { 'content-type': next.contentType }).end(next.bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (status, contentType, bytes) => {
      next = { status, contentType, bytes }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
