/** A local HTTP server whose answers one function makes, for the doubles of tensor servers. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Came {
  method: string
  /** Decoded path, without a query. */
  path: string
  headers: IncomingHttpHeaders
  bytes: Buffer
}

export interface Reply {
  status: number
  headers?: Record<string, string>
  body: string | Uint8Array
}

/** As servers of tensors refuse: `{"error": "…"}`. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Served {
  origin: string
  /** In their order. */
  came: Came[]
  close(): Promise<void>
}

/** `answer` may write the response itself, and tells nothing then. */
export async function serve(
  answer: (came: Came, response: ServerResponse) => Promise<Reply | undefined> | Reply | undefined,
  refusal: (error: Refusal) => string = ({ message }) => JSON.stringify({ error: message }),
): Promise<Served> {
  const seen: Came[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { pathname } = new URL(request.url ?? '/', 'http://double')
    const came: Came = {
      method: request.method ?? '',
      path: decodeURIComponent(pathname),
      headers: request.headers,
      bytes: Buffer.concat(chunks),
    }
    seen.push(came)
    try {
      const reply = await answer(came, response)
      if (reply !== undefined)
        response
          .writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
          .end(reply.body)
    } catch (error) {
      const refused = error instanceof Refusal ? error : new Refusal(500, `double is wrong: ${error}`)
      response.writeHead(refused.status, { 'content-type': 'application/json' }).end(refusal(refused))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    came: seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function jsonReply(value: unknown, headers: Record<string, string> = {}): Reply {
  return { status: 200, headers, body: JSON.stringify(value) }
}
