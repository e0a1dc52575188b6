/** A stand-in for OpenAI's API over a real socket: faithful where asked well, faulty where asked to be. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { deliver } from './deliver.ts'
import { FAULT_HEADER, type Fault, faultOfModel, parseFault } from './fault.ts'
import { basePath, type ReplyOptions, replier } from './reply.ts'
import { openRequestLog, type RequestLog, type SeenRequest } from './seen-request.ts'
import type { Reply } from './spoil.ts'

export interface MockProviderOptions extends ReplyOptions {
  /** 0: any free one. */
  port?: number
  /** JSONL file to which each request is appended before it is answered. */
  logFile?: string
  /** Whether another line is appended once an exchange is over: what was counted, and how it ended. */
  logEnds?: boolean
  /** How many requests are kept in `requests`, the latest; default all. Counting goes on. */
  keep?: number
}

/** Faults of the next requests, in order, or a rule that is asked for each; undefined leaves header and model to choose. */
type Script = readonly Fault[] | ((seen: SeenRequest) => Fault | undefined)

/** What `GET /metrics` is answered: a text, a status without one, or nothing at all; 404 until a test says otherwise. */
interface ToldMetrics {
  tell: () => string | number | 'silence'
  /** Headers of those who asked. */
  readonly asked: IncomingHttpHeaders[]
}

export interface MockProvider {
  /** Base URL for an SDK, for instance `http://127.0.0.1:4010/v1`. */
  readonly url: string
  readonly port: number
  /** Requests seen, oldest first. */
  readonly requests: readonly SeenRequest[]
  /** Requests seen, also where they are not kept. */
  readonly count: number
  /** Connections accepted so far. */
  readonly connections: number
  readonly metrics: ToldMetrics
  script(script: Script): void
  /** Answers what a `hold` keeps waiting. */
  release(): void
  /** Resolves once the condition holds. @throws after `timeoutMs`, default 5,000 */
  until(condition: () => boolean, timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

/** Listens on 127.0.0.1. */
export async function startMockProvider(options: MockProviderOptions = {}): Promise<MockProvider> {
  const mock = new Mock(options)
  await mock.listen(options.port ?? 0)
  return mock
}

class Mock implements MockProvider {
  readonly requests: SeenRequest[] = []
  count = 0
  readonly metrics: ToldMetrics = { tell: () => 404, asked: [] }
  connections = 0
  readonly #options: MockProviderOptions
  readonly #server: Server
  readonly #log: RequestLog
  readonly #reply: (seen: SeenRequest) => Reply
  readonly #held: (() => void)[] = []
  readonly #waiting = new Set<() => void>()
  readonly #sockets = new WeakMap<Socket, { number: number; requests: number }>()
  #script: (seen: SeenRequest) => Fault | undefined = () => undefined

  constructor(options: MockProviderOptions) {
    this.#options = options
    this.#reply = replier(options)
    this.#log = openRequestLog(options.logFile)
    this.#server = createServer((request, response) => this.#receive(request, response))
    this.#server.keepAliveTimeout = 60_000
    this.#server.on('connection', (socket) => {
      this.#sockets.set(socket, { number: ++this.connections, requests: 0 })
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}${basePath(this.#options)}`
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
  }

  script(script: Script): void {
    if (typeof script === 'function') {
      this.#script = script
      return
    }
    const rest = [...script]
    this.#script = () => rest.shift()
  }

  release(): void {
    for (const answer of this.#held.splice(0)) answer()
  }

  until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!condition()) return
        settle()
        resolve()
      }
      const deadline = setTimeout(() => {
        settle()
        reject(new Error(`the mock provider waited ${timeoutMs} ms in vain for ${condition}`))
      }, timeoutMs)
      const settle = () => {
        clearTimeout(deadline)
        this.#waiting.delete(look)
      }
      this.#waiting.add(look)
      look()
    })
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
    this.#log.close()
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => this.#answer(request, response, Buffer.concat(pieces)))
  }

  #answer(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
    if (request.method === 'GET' && request.url === '/metrics') {
      this.#tell(request, response)
      return
    }
    const socket = this.#sockets.get(request.socket) ?? { number: 0, requests: 0 }
    socket.requests++
    const seen = this.#see(request, bytes, socket.number)
    const fault = this.#chooseFault(seen)
    seen.fault = fault.kind
    if (fault.kind === 'close_on_reuse' && socket.requests > 1) {
      request.socket.destroy()
      return
    }
    this.#keep(seen)
    this.#log.write(seen)
    this.#watchEnd(response, seen, fault)
    const exchange = { response, seen, reply: this.#reply(seen) }
    if (fault.kind === 'hold') this.#held.push(() => deliver(exchange, { kind: 'none' }))
    deliver(exchange, fault)
    this.#changed()
  }

  /** Of itself, as a model server does; beside all that is counted and scripted. */
  #tell(request: IncomingMessage, response: ServerResponse): void {
    this.metrics.asked.push(request.headers)
    this.#changed()
    const told = this.metrics.tell()
    if (told === 'silence') return
    if (typeof told === 'number') response.writeHead(told).end()
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(told)
  }

  #see(request: IncomingMessage, bytes: Buffer, connection: number): SeenRequest {
    return {
      number: this.count + 1,
      atMs: Date.now(),
      method: request.method ?? '',
      url: request.url ?? '',
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      bytes,
      body: parseObject(bytes),
      connection,
      fault: 'none',
      status: undefined,
      said: undefined,
      counted: undefined,
      bytesWritten: 0,
      end: 'open',
      endedAtMs: undefined,
    }
  }

  #chooseFault(seen: SeenRequest): Fault {
    const header = seen.headers[FAULT_HEADER]
    const ofHeader = typeof header === 'string' ? parseFault(header) : undefined
    return this.#script(seen) ?? ofHeader ?? faultOfModel(seen.body?.model) ?? { kind: 'none' }
  }

  #keep(seen: SeenRequest): void {
    this.count++
    this.requests.push(seen)
    if (this.requests.length > (this.#options.keep ?? Number.POSITIVE_INFINITY)) this.requests.shift()
  }

  #watchEnd(response: ServerResponse, seen: SeenRequest, fault: Fault): void {
    const socket = response.socket
    response.once('close', () => {
      if (seen.end === 'open') seen.end = response.writableFinished ? 'whole' : 'aborted'
      seen.endedAtMs = Date.now()
      if (fault.kind === 'close_after') socket?.destroy()
      if (this.#options.logEnds === true) this.#log.writeEnd(seen)
      this.#changed()
    })
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look()
  }
}

function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(bytes.toString())
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
